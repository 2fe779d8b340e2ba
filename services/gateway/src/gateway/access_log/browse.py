"""List who looked at a person's data."""

from uuid import UUID

from chassis.database import Connection
from gateway.access_log import queries
from gateway.access_log.models import AccessPage


async def browse_accesses(
    conn: Connection, user_id: UUID, *, after: UUID | None, limit: int
) -> AccessPage:
    """A page of the looks at somebody's personal data, the newest first.

    Args:
        conn: Any connection.
        user_id: Whose data.
        after: Cursor: where the page before ended.
        limit: At most this many.
    """
    found = await queries.select_accesses(conn, user_id, after, limit + 1)
    page = list(found[:limit])
    return AccessPage(accesses=page, next_cursor=page[-1].id if len(found) > limit else None)
