"""Read the sums of items, by what became of them."""

from datetime import date

from chassis.database import Connection
from ledger.reconciliation.models import Statement, Sums
from ledger.reconciliation.summing.queries import (
    select_item_sums,
    select_tolerated,
    select_unseen,
)


async def read_sums(
    conn: Connection,
    statement: Statement,
    *,
    opened_on: date,
    opening_minor: int,
    balance_minor: int,
    before_minor: int,
) -> Sums:
    """The terms of a summary.

    Args:
        conn: Any connection.
        statement: At whose end.
        opened_on: When the first statement begins.
        opening_minor: What the first statement opens with.
        balance_minor: Of the account at the end.
        before_minor: Of the account before the first statement.
    """
    found = await select_item_sums(conn, statement)
    nothing = (0, 0)
    return Sums(
        balance_minor=balance_minor,
        closing_minor=statement.closing_minor,
        before_minor=before_minor,
        opening_minor=opening_minor,
        unseen_minor=await select_unseen(conn, statement, opened_on),
        unmatched_entries=found.get(("ENTRY", "OPEN"), nothing),
        unmatched_lines=found.get(("LINE", "OPEN"), nothing),
        ignored_entries=found.get(("ENTRY", "IGNORE"), nothing),
        ignored_lines=found.get(("LINE", "IGNORE"), nothing),
        matched_entries_minor=found.get(("ENTRY", "MATCH"), nothing)[1],
        matched_lines_minor=found.get(("LINE", "MATCH"), nothing)[1],
        tolerated_minor=await select_tolerated(conn, statement),
    )
