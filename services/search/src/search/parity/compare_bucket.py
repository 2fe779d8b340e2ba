"""Compare the next bucket of the index with what was told."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from chassis.database import Connection
from search.engine import Engine
from search.parity import queries
from search.parity.fetch import fetch_documents
from search.parity.lifecycle import between, compare, is_same
from search.parity.models import NOWHERE

BUCKET: Final = 500
PAUSE: Final = timedelta(seconds=60)


async def compare_bucket(
    conn: Connection, engine: Engine, *, grace: timedelta, now: datetime, size: int = BUCKET
) -> bool:
    """Compare count and digest of the next items in order of id; where they differ, each item.

    What differs is looked at again after the grace time, before anybody is told: an index is always
    a moment behind.

    Args:
        conn: Open transaction; the caller commits.
        engine: The engine.
        grace: How long a document may be late.
        now: The clock's time.
        size: Items in a bucket.

    Returns:
        Whether there is a next bucket to compare at once.

    Raises:
        EngineAway: Not now; nothing was written.
    """
    stand = await queries.take_round(conn)
    if stand is None or stand.next_at > now:
        return False
    bucket = await queries.select_bucket(conn, stand.after_id, size)
    last = bucket[-1].item_id if len(bucket) == size else None
    indexed = await fetch_documents(engine, between(stand.after_id, last))
    if not is_same(bucket, indexed):
        faults = compare({one.item_id: one for one in bucket}, indexed)
        await queries.upsert_suspects(
            conn, list(faults.values()), seen_at=now, check_at=now + grace
        )
    items = stand.items + len(bucket)
    if last is not None:
        await queries.update_round(conn, replace(stand, after_id=last, items=items))
        return True
    await queries.update_round(
        conn,
        replace(
            stand,
            after_id=NOWHERE,
            next_at=now + PAUSE,
            items=0,
            completed_at=now,
            completed_items=items,
        ),
    )
    return False
