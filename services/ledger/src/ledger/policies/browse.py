"""Page through what an account's policies were."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.look_at import look_at_accounts
from ledger.policies import queries
from ledger.policies.models import Policy
from ledger.reach import Reach

NEWEST: Final = 2**31 - 1


async def browse_policies(
    conn: Connection,
    account_id: UUID,
    *,
    reach: Reach,
    before: int | None = None,
    limit: int,
) -> tuple[list[Policy], str | None]:
    """A page of an account's policies, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        account_id: Which account.
        reach: Only if it is in it.
        before: Cursor: the last version of the page before.
        limit: At most this many.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
    """
    present = await queries.select_policy(conn, account_id, reach)
    if present is None:
        raise NoSuchAccount("there is no account with this id among those that you may see")
    if reach.has_power:
        await look_at_accounts(conn, [account_id])
    found = list(await queries.select_changes(conn, account_id, before or NEWEST, limit + 1))
    if not found and before is None:
        # Never changed: as it was opened.
        found = [present]
    page = found[:limit]
    return page, str(page[-1].version) if len(found) > limit else None
