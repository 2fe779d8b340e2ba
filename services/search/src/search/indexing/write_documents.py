"""Write documents into the index."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from search.embedding.model import Model, Vector
from search.engine import Engine, EngineAway, EngineRefused
from search.indexing.add_fields import add_fields
from search.indexing.documents import telling_texts
from search.indexing.mapping import MEANING, WRITE_ALIAS

_CONFLICT: Final = 409
_MISSING: Final = 404
_WRITTEN: Final = frozenset({200, 201, _CONFLICT})
#: The engine's passing troubles; a missing alias is made again by `keep_index`.
_PASSING: Final = frozenset({_MISSING, 408, 429, 502, 503, 504})
_UNKNOWN_FIELD: Final = "strict_dynamic_mapping_exception"
_FILTER: Final = "errors,items.index.status,items.index.error.type,items.index.error.reason"


def bulk_body(documents: Iterable[Mapping[str, Any]], model: Model | None = None) -> bytes:
    """The lines of a bulk request: an older version never overwrites a newer one.

    Whoever writes a document again makes its vector again: it is in no stored one.
    """
    lines: list[bytes] = []
    for document in documents:
        versioned = {"version": document["version"], "version_type": "external_gte"}
        action = {"_id": document["item_id"], **versioned}
        whole = {**document, **_meaning_of(document, model)}
        lines += (orjson.dumps({"index": action}), orjson.dumps(whole))
    return b"\n".join(lines) + b"\n"


def _meaning_of(document: Mapping[str, Any], model: Model | None) -> dict[str, Vector]:
    if model is None or document["deleted"]:
        return {}
    vector = model.embed(*telling_texts(document))
    return {MEANING: vector} if vector else {}


async def write_documents(
    engine: Engine,
    documents: Sequence[Mapping[str, Any]],
    *,
    timeout_seconds: float,
    index: str | None = None,
) -> int:
    """Write documents in one request; where there is a newer version, nothing changes.

    Args:
        engine: The engine.
        documents: Some hundreds at most, one of each item.
        timeout_seconds: Limit for the request.
        index: Instead of what is written to now.

    Returns:
        How many were written.

    Raises:
        EngineAway: Not now; nothing or a part was written, and a repeat is safe.
        EngineRefused: A document that the index can't take.
    """
    # Beside the loop: five hundred documents take some tens of milliseconds.
    body = await asyncio.to_thread(bulk_body, documents, engine.model)
    try:
        answer = await _send(engine, body, index, timeout_seconds=timeout_seconds)
        if _lacks_fields(answer):
            # Made before there was what is added, perhaps since we looked: it takes them then.
            await add_fields(engine, index or WRITE_ALIAS)
            answer = await _send(engine, body, index, timeout_seconds=timeout_seconds)
    finally:
        # Whoever gives up waiting does not know what was written.
        if index is None and engine.on_written:
            engine.on_written({document["community"] for document in documents})
    engine.wrote_at = time.monotonic()
    return _count_written(answer)


async def _send(
    engine: Engine, body: bytes, index: str | None, *, timeout_seconds: float
) -> Mapping[str, Any]:
    # A missing alias must not make an index of that name.
    alias = {} if index else {"require_alias": "true"}
    answer: Mapping[str, Any] = await engine.call(
        "POST",
        f"/{index or WRITE_ALIAS}/_bulk",
        body,
        params={**alias, "filter_path": _FILTER},
        timeout_seconds=timeout_seconds,
    )
    return answer


def _lacks_fields(answer: Mapping[str, Any]) -> bool:
    errors = (entry["index"].get("error", {}) for entry in answer["items"])
    return any(error.get("type") == _UNKNOWN_FIELD for error in errors)


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
