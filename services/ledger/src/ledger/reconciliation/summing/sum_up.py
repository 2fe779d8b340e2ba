"""Sum up an account at the end of a statement: what the books say, what the bank says, and why."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.models import Times
from ledger.accounts.read_balance_at import read_balance_at
from ledger.reach import EVERYTHING
from ledger.reconciliation import queries
from ledger.reconciliation.errors import NoStatement
from ledger.reconciliation.models import Setup, Statement, Sums
from ledger.reconciliation.summing.read_sums import read_sums

_MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Summary:
    """An account's sums at the end of a statement's last day."""

    setup: Setup
    statement: Statement
    sums: Sums


async def sum_up(conn: Connection, setup: Setup, *, seq: int | None = None) -> Summary:
    """Ledger balance = closing balance + what is unmatched, ignored, tolerated or in transit.

    The left side is the account's chain, the right side the statements and the items: if they do
    not agree to the minor unit, `unexplained_minor` says by how much.

    Args:
        conn: Any connection; in a transaction of its own all terms are of one moment.
        setup: Of the account.
        seq: Of which statement; nothing means the newest.

    Raises:
        NoStatement: There is none.
    """
    before = None if seq is None else seq + 1
    found = await queries.select_statements(conn, setup.account_id, before)
    start = await queries.select_start(conn, setup.account_id)
    if not found or start is None or (seq is not None and found[0].seq != seq):
        raise NoStatement("import a statement first" if seq is None else f"there is no {seq}")
    statement = found[0]
    opening_minor, opened_on = start
    account_id = setup.account_id
    sums = await read_sums(
        conn,
        statement,
        opened_on=opened_on,
        opening_minor=opening_minor,
        balance_minor=await _balance(conn, account_id, statement.closed_on + timedelta(days=1)),
        before_minor=await _balance(conn, account_id, opened_on),
    )
    return Summary(setup, statement, sums)


async def _balance(conn: Connection, account_id: UUID, day: date) -> int:
    """Before a day begins, of all that is known now."""
    moment = datetime.combine(day, time(), UTC) - _MOMENT
    found = await read_balance_at(conn, account_id, Times(effective_at=moment), reach=EVERYTHING)
    return found.balance_minor
