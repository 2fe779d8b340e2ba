"""Read what an account may and may not."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.look_at import look_at_accounts
from ledger.policies import queries
from ledger.policies.models import Policy, Use


async def read_policy(
    conn: Connection, account_id: UUID, *, owner: UUID | None, now: datetime
) -> tuple[Policy, list[Use]]:
    """An account's policies, and how much of each velocity is used.

    Args:
        conn: Any connection.
        account_id: Which.
        owner: Only if it is theirs; nothing for operators.
        now: The clock's time: the end of each window.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
    """
    found = await queries.select_policy(conn, account_id, owner)
    if found is None:
        raise NoSuchAccount("there is no account with this id among those that you may see")
    if owner is None:
        await look_at_accounts(conn, [account_id])
    return found, await queries.select_uses(conn, account_id, now) if found.velocity else []
