"""Set items aside that belong to nothing here."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation.deciding.pick import pick_items
from ledger.reconciliation.models import Decision, Setup
from ledger.reconciliation.queries import insert_decisions
from ledger.reconciliation.wishes import ItemsWish


async def ignore_items(
    conn: Connection,
    setup: Setup,
    wish: ItemsWish,
    *,
    decision_id: UUID,
    operator: UUID,
    now: datetime,
) -> Decision:
    """Take items off the suspense list; the summary goes on to name their sum.

    Args:
        conn: Open transaction; the caller commits.
        setup: Of the account.
        wish: Which items, and why.
        decision_id: UUIDv7, new for this wish.
        operator: Who decides.
        now: The clock's time.

    Raises:
        NotOpen: One of the items is settled already, or is not there.
    """
    picked = await pick_items(conn, setup.account_id, wish.lines, wish.entries)
    decision = picked.settle("IGNORE", wish, decision_id, operator)
    await insert_decisions(conn, setup.account_id, [decision], now)
    return decision
