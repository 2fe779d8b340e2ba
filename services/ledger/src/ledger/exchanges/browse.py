"""Page through exchanges."""

from uuid import UUID

from chassis.database import Connection
from ledger.exchanges import queries
from ledger.exchanges.models import Made


async def browse_exchanges(
    conn: Connection, owner: UUID, *, before: UUID | None, limit: int
) -> tuple[list[Made], UUID | None]:
    """A page of what somebody has exchanged, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        owner: Whose.
        before: Cursor: the last transfer of the page before.
        limit: At most this many.
    """
    found = await queries.select_exchanges(conn, owner, before, limit + 1)
    page = found[:limit]
    return page, page[-1].transfer_id if len(found) > limit else None
