"""Page through transfers for later."""

from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.scheduled_transfers import queries
from ledger.scheduled_transfers.models import Scheduled, ScheduledState


async def browse_scheduled(
    conn: Connection,
    *,
    reach: Reach,
    account: UUID | None = None,
    state: ScheduledState | None = None,
    before: UUID | None = None,
    limit: int,
) -> tuple[list[Scheduled], UUID | None]:
    """A page of transfers for later, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        reach: Only those in it.
        account: Only those that leave this account.
        state: Only in this state.
        before: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_scheduled_page(
        conn, reach=reach, account=account, state=state, before=before, limit=limit + 1
    )
    page = found[:limit]
    return page, page[-1].id if len(found) > limit else None
