"""Read what an account had at a time."""

from uuid import UUID

from chassis.context import look
from chassis.database import Connection
from ledger.accounts import queries
from ledger.accounts.find import find_account
from ledger.accounts.models import BalanceAt, Times
from ledger.reach import Reach


async def read_balance_at(
    conn: Connection, account_id: UUID, at: Times, *, reach: Reach
) -> BalanceAt:
    """The balance by what was effective at one time, as far as it was known at another.

    Two index descents, and the entries that were entered late across the effective time.

    Args:
        conn: Any connection.
        account_id: Which.
        at: The two times.
        reach: Only if it is in it.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.

    Source:
        docs/decisions/0016-time-without-rewriting.md
    """
    account = await find_account(conn, field="account_id", account_id=account_id, reach=reach)
    if reach.has_power:
        look(account.owner_id)
    return BalanceAt(account, at, *await queries.select_balance_at(conn, account_id, at))
