"""List a person's open sessions."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.sessions import queries
from gateway.sessions.models import SessionEntry


async def browse_sessions(
    conn: Connection, user_id: UUID, *, current: UUID | None, now: datetime, limit: int
) -> list[SessionEntry]:
    """The devices on which a person is logged in, the last used first.

    Args:
        conn: To the database.
        user_id: Whose.
        current: The session that asks, if one does.
        now: The clock's time.
        limit: At most this many.
    """
    rows = await queries.select_sessions(conn, user_id, now, limit)
    return [SessionEntry(current=row["id"] == current, **row) for row in rows]
