"""Write items into the index."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import Final
from uuid import UUID

from contracts.marketplace import ItemChanged
from search.engine import Engine
from search.indexing.documents import document_of, with_rating
from search.indexing.write_documents import write_documents
from search.sellers.models import SellerRating

#: Documents in one bulk request, and how many of them are under way: the engine has several cores,
#: and works on one request while the next is made.
PIECE_MAX: Final = 500
REQUESTS_MAX: Final = 3


def newest_of(items: Iterable[ItemChanged]) -> dict[UUID, ItemChanged]:
    """The highest version of each item: a batch often has several."""
    newest: dict[UUID, ItemChanged] = {}
    for item in items:
        known = newest.get(item.item_id)
        if known is None or item.version >= known.version:
            newest[item.item_id] = item
    return newest


async def index_items(
    engine: Engine,
    items: Iterable[ItemChanged],
    *,
    timeout_seconds: float,
    index: str | None = None,
    ratings: Mapping[UUID, SellerRating] | None = None,
) -> int:
    """Bring items into the index; a repeat or an older version changes nothing.

    Args:
        engine: The engine.
        items: In any order, several versions of an item among them.
        timeout_seconds: Limit for each request.
        index: Instead of what is written to now.
        ratings: Of their sellers; of who is missing there is none.

    Returns:
        How many documents were written.

    Raises:
        EngineAway: Not now; nothing or a part was written, and a repeat is safe.
        EngineRefused: A document that the index can't take.
    """
    gate = asyncio.Semaphore(REQUESTS_MAX)
    rated = ratings or {}

    async def write(piece: Sequence[ItemChanged]) -> int:
        async with gate:
            made = (with_rating(document_of(item), rated.get(item.seller_id)) for item in piece)
            return await write_documents(
                engine, list(made), timeout_seconds=timeout_seconds, index=index
            )

    newest = list(newest_of(items).values())
    # All are waited for even if one fails: what is under way must not outlive the batch's lock.
    written = await asyncio.gather(
        *map(write, batched(newest, PIECE_MAX, strict=False)), return_exceptions=True
    )
    for outcome in written:
        if isinstance(outcome, BaseException):
            raise outcome
    return sum(count for count in written if isinstance(count, int))
