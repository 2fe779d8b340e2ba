"""Match items by hand."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from contracts.money import render_amount
from ledger.reconciliation.deciding.pick import pick_items
from ledger.reconciliation.errors import SumsDiffer
from ledger.reconciliation.models import Decision, Setup
from ledger.reconciliation.queries import insert_decisions
from ledger.reconciliation.wishes import ItemsWish


async def match_items(
    conn: Connection,
    setup: Setup,
    wish: ItemsWish,
    *,
    decision_id: UUID,
    operator: UUID,
    now: datetime,
) -> Decision:
    """Settle lines and entries that are one and the same; they agree to the minor unit.

    Items of one side alone can be matched too, when they cancel each other out.

    Args:
        conn: Open transaction; the caller commits.
        setup: Of the account.
        wish: Which items, and why.
        decision_id: UUIDv7, new for this wish.
        operator: Who decides.
        now: The clock's time.

    Raises:
        NotOpen: One of the items is settled already, or is not there.
        SumsDiffer: The lines and the entries do not agree.
    """
    picked = await pick_items(conn, setup.account_id, wish.lines, wish.entries)
    if picked.lines_minor != picked.entries_minor:
        raise SumsDiffer(
            f"the lines make {render_amount(picked.lines_minor, setup.asset)}, the entries "
            f"{render_amount(picked.entries_minor, setup.asset)}: write the rest off, or ignore it",
            lines=render_amount(picked.lines_minor, setup.asset),
            entries=render_amount(picked.entries_minor, setup.asset),
        )
    decision = picked.settle("MATCH", wish, decision_id, operator)
    await insert_decisions(conn, setup.account_id, [decision], now)
    return decision
