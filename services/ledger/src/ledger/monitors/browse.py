"""Page through monitors."""

from uuid import UUID

from chassis.database import Connection
from ledger.monitors import queries
from ledger.monitors.models import Monitor
from ledger.reach import Reach


async def browse_monitors(
    conn: Connection,
    *,
    owner: UUID,
    reach: Reach,
    account_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> tuple[list[Monitor], str | None]:
    """A page of somebody's monitors, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        owner: Whose; those that have ended are left out.
        reach: Only of accounts in it: a role that was taken away shows no more.
        account_id: Only of this account.
        before: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_monitors(conn, owner, reach, account_id, before, limit + 1)
    page = found[:limit]
    return page, str(page[-1].id) if len(found) > limit else None
