"""Look again at what differed."""

from datetime import datetime, timedelta
from typing import Any, Final

from chassis.database import Connection
from chassis.outbox import emit
from contracts.search import IndexAgreed, IndexDiffered
from search.engine import Engine
from search.parity import queries
from search.parity.fetch import fetch_documents
from search.parity.lifecycle import compare
from search.parity.models import Difference, Fault

LIMIT: Final = 500


async def look_again(
    conn: Connection, engine: Engine, *, grace: timedelta, now: datetime, limit: int = LIMIT
) -> int:
    """Tell what still differs after the grace time, and what no longer does.

    Args:
        conn: Open transaction; the caller commits.
        engine: The engine.
        grace: How long a document may be late, and after which to look again.
        now: The clock's time.
        limit: At most this many.

    Returns:
        How many were looked at.

    Raises:
        EngineAway: Not now; nothing was written.

    Emits:
        IndexDiffered and IndexAgreed on `search.parity.v1`, once for each difference.
    """
    await conn.execute(queries.WAIT_FOR_ENGINE)
    due = await queries.select_due(conn, now, limit)
    if not due:
        return 0
    ids = [one.fault.item_id for one in due]
    indexed = await fetch_documents(engine, {"terms": {"item_id": [str(one) for one in ids]}})
    told = {one.item_id: one for one in await queries.select_told(conn, ids)}
    faults = compare(told, indexed)
    over = [one for one in due if one.fault.item_id not in faults]
    await queries.settle(
        conn,
        list(faults.values()),
        [one.fault.item_id for one in over],
        now=now,
        again=now + grace,
    )
    new = [faults[d.fault.item_id] for d in due if not d.found_at and d.fault.item_id in faults]
    await emit(conn, *(IndexDiffered(**_said(one), found_at=now) for one in new))
    await emit(conn, *(_agreed(one, now) for one in over if one.found_at))
    return len(due)


def _agreed(one: Difference, now: datetime) -> IndexAgreed:
    return IndexAgreed(**_said(one.fault), found_at=one.found_at or now, agreed_at=now)


def _said(fault: Fault) -> dict[str, Any]:
    return {
        "item_id": fault.item_id,
        "kind": fault.kind,
        "told_version": fault.told_version,
        "indexed_version": fault.indexed_version,
    }
