"""Look at what has not changed for a grace time."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.ledger import DifferenceFound, DifferenceResolved
from ledger.reconciliation.trades import queries
from ledger.reconciliation.trades.lifecycle import compare
from ledger.reconciliation.trades.models import Difference

PAGE: Final = 500


async def check_agreements(
    conn: Connection, *, grace: timedelta, now: datetime, limit: int = PAGE
) -> int:
    """Compare both sides of the trades that are due; tell what differs, and what no longer does.

    What agrees is looked at again when something new is heard of it, what differs after the grace
    time.

    Args:
        conn: Open transaction; the caller commits.
        grace: How long the other side may take.
        now: The clock's time.
        limit: At most this many.

    Returns:
        How many were looked at.

    Emits:
        DifferenceFound and DifferenceResolved on `ledger.reconciliation.v1`, once for each.
    """
    due = await queries.take_due(conn, now, limit)
    if not due:
        return 0
    known: dict[UUID, dict[str, Difference]] = {}
    for one in await queries.select_open_of(conn, [one.trade_id for one in due]):
        known.setdefault(one.trade_id, {})[one.kind] = one
    new: list[Difference] = []
    over: list[Difference] = []
    checked: list[tuple[UUID, datetime | None]] = []
    for agreement in due:
        differs = compare(agreement)
        before = known.get(agreement.trade_id, {})
        new += [
            Difference(agreement.trade_id, kind, detail, now)
            for kind, detail in differs.items()
            if kind not in before
        ]
        over += [one for kind, one in before.items() if kind not in differs]
        checked.append((agreement.trade_id, now + grace if differs else None))
    await queries.resolve_differences(conn, over, now)
    await queries.insert_differences(conn, new)
    await queries.update_checked(conn, checked)
    await emit(conn, *(DifferenceFound(**_said(one)) for one in new))
    await emit(conn, *(DifferenceResolved(**_said(one), resolved_at=now) for one in over))
    return len(due)


def _said(one: Difference) -> dict[str, Any]:
    return {
        "trade_id": one.trade_id,
        "kind": one.kind,
        "detail": one.detail,
        "found_at": one.found_at,
    }
