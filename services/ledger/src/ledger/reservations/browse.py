"""Page through reservations."""

from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.reservations import queries
from ledger.reservations.models import Reservation, ReservationState


async def browse_reservations(
    conn: Connection,
    *,
    reach: Reach,
    account_id: UUID | None,
    state: ReservationState | None,
    before: UUID | None,
    limit: int,
) -> tuple[list[Reservation], UUID | None]:
    """A page of reservations, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        reach: Only of accounts in it.
        account_id: Only of this account.
        state: Only in this state.
        before: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_reservations(
        conn, reach=reach, account_id=account_id, state=state, before=before, limit=limit + 1
    )
    page = found[:limit]
    return page, page[-1].id if len(found) > limit else None
