"""Read what an account may and may not."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.look_at import look_at_accounts
from ledger.policies import queries
from ledger.policies.models import Policy, Use
from ledger.reach import Reach


async def read_policy(
    conn: Connection, account_id: UUID, *, reach: Reach, now: datetime
) -> tuple[Policy, list[Use]]:
    """An account's policies, and how much of each velocity is used.

    Args:
        conn: Any connection.
        account_id: Which.
        reach: Only if it is in it.
        now: The clock's time: the end of each window.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
    """
    found = await queries.select_policy(conn, account_id, reach)
    if found is None:
        raise NoSuchAccount("there is no account with this id among those that you may see")
    if reach.has_power:
        await look_at_accounts(conn, [account_id])
    return found, await queries.select_uses(conn, account_id, now) if found.velocity else []
