"""Compare a whole index with what was told, once and at once."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from chassis.database import Database
from search.engine import Engine
from search.parity import queries
from search.parity.fetch import fetch_documents
from search.parity.lifecycle import between, compare, is_same
from search.parity.models import NOWHERE, Told

BUCKET: Final = 500
SUSPECTS_MAX: Final = 5_000


async def compare_all(
    database: Database, engine: Engine, index: str, *, only: Collection[UUID] | None = None
) -> set[UUID]:
    """The items whose documents are missing, old or other than what was told.

    Documents that nobody told of are none of these: what was told is heard in a group of its own,
    which may be behind.

    Args:
        database: What was told.
        engine: The engine.
        index: Which index.
        only: Just these items.

    Returns:
        At most some thousands.

    Raises:
        EngineAway: Not now.
    """
    wrong: set[UUID] = set()
    after, more = NOWHERE, True
    picked = sorted(only) if only is not None else None
    while more and len(wrong) < SUSPECTS_MAX:
        async with database.connection() as conn:
            if picked is None:
                bucket = await queries.select_bucket(conn, after, BUCKET)
            else:
                bucket = await queries.select_told(conn, picked[:BUCKET])
                picked = picked[BUCKET:]
        if not bucket:
            break
        wrong |= await _faults(engine, index, bucket, after if picked is None else None)
        more = len(bucket) == BUCKET if picked is None else bool(picked)
        after = bucket[-1].item_id
    return wrong


async def _faults(engine: Engine, index: str, bucket: list[Told], after: UUID | None) -> set[UUID]:
    ids = [str(one.item_id) for one in bucket]
    query = {"terms": {"item_id": ids}} if after is None else between(after, bucket[-1].item_id)
    indexed = await fetch_documents(engine, query, index)
    if is_same(bucket, indexed):
        return set()
    faults = compare({one.item_id: one for one in bucket}, indexed)
    return {
        item_id
        for item_id, fault in faults.items()
        if fault.kind in ("missing", "stale", "content")
    }
