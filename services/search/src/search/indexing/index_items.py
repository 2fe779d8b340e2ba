"""Write items into the index."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import Any, Final
from uuid import UUID

import orjson

from contracts.marketplace import ItemChanged
from search.engine import Engine, EngineAway, EngineRefused
from search.indexing.documents import document_of
from search.indexing.mapping import WRITE_ALIAS

#: Documents in one bulk request, and how many of them are under way: the engine has several cores,
#: and works on one request while the next is made.
PIECE_MAX: Final = 500
REQUESTS_MAX: Final = 3

_CONFLICT: Final = 409
_MISSING: Final = 404
_WRITTEN: Final = frozenset({200, 201, _CONFLICT})
#: The engine's passing troubles; a missing alias is made again by `keep_index`.
_PASSING: Final = frozenset({_MISSING, 408, 429, 502, 503, 504})
_FILTER: Final = "errors,items.index.status,items.index.error.reason"


def newest_of(items: Iterable[ItemChanged]) -> dict[UUID, ItemChanged]:
    """The highest version of each item: a batch often has several."""
    newest: dict[UUID, ItemChanged] = {}
    for item in items:
        known = newest.get(item.item_id)
        if known is None or item.version >= known.version:
            newest[item.item_id] = item
    return newest


def bulk_body(items: Iterable[ItemChanged]) -> bytes:
    """The lines of a bulk request: an older version never overwrites a newer one."""
    lines: list[bytes] = []
    for item in items:
        action = {"_id": str(item.item_id), "version": item.version, "version_type": "external_gte"}
        lines += (orjson.dumps({"index": action}), orjson.dumps(document_of(item)))
    return b"\n".join(lines) + b"\n"


async def index_items(
    engine: Engine,
    items: Iterable[ItemChanged],
    *,
    timeout_seconds: float,
    index: str | None = None,
) -> int:
    """Bring items into the index; a repeat or an older version changes nothing.

    Args:
        engine: The engine.
        items: In any order, several versions of an item among them.
        timeout_seconds: Limit for each request.
        index: Instead of what is written to now.

    Returns:
        How many documents were written.

    Raises:
        EngineAway: Not now; nothing or a part was written, and a repeat is safe.
        EngineRefused: A document that the index can't take.
    """
    gate = asyncio.Semaphore(REQUESTS_MAX)

    async def write(piece: Sequence[ItemChanged]) -> int:
        async with gate:
            return await _write(engine, piece, index, timeout_seconds=timeout_seconds)

    newest = list(newest_of(items).values())
    # All are waited for even if one fails: what is under way must not outlive the batch's lock.
    written = await asyncio.gather(
        *map(write, batched(newest, PIECE_MAX, strict=False)), return_exceptions=True
    )
    for outcome in written:
        if isinstance(outcome, BaseException):
            raise outcome
    return sum(count for count in written if isinstance(count, int))


async def _write(
    engine: Engine, items: Sequence[ItemChanged], index: str | None, *, timeout_seconds: float
) -> int:
    # A missing alias must not make an index of that name.
    alias = {} if index else {"require_alias": "true"}
    try:
        answer = await engine.call(
            "POST",
            f"/{index or WRITE_ALIAS}/_bulk",
            bulk_body(items),
            params={**alias, "filter_path": _FILTER},
            timeout_seconds=timeout_seconds,
        )
    finally:
        # Whoever gives up waiting does not know what was written.
        if index is None and engine.on_written:
            engine.on_written({item.community for item in items})
    engine.wrote_at = time.monotonic()
    return _count_written(answer)


def _count_written(answer: Mapping[str, Any]) -> int:
    written = 0
    for entry in answer["items"]:
        status = entry["index"]["status"]
        if status in _PASSING:
            raise EngineAway(f"the index can't be written now ({status})", retry_after_seconds=2)
        if status not in _WRITTEN:
            raise EngineRefused(status, entry["index"].get("error", {}).get("reason", ""))
        written += status != _CONFLICT
    return written
