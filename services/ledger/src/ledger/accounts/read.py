"""Read an account with its figures."""

from uuid import UUID

from chassis.context import look
from chassis.database import Connection
from ledger.accounts import queries
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.models import Balance
from ledger.reach import Reach


async def read_account(conn: Connection, account_id: UUID, *, reach: Reach) -> Balance:
    """An account as its newest entry tells it.

    Args:
        conn: Any connection.
        account_id: Which.
        reach: Only if it is in it.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
    """
    found = await queries.select_balance(conn, account_id, reach)
    if reach.has_power and found is not None:
        look(found.owner_id)
    if found is None:
        raise NoSuchAccount("there is no account with this id among those that you may see")
    return found
