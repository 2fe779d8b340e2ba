"""List a person's open sessions."""

from datetime import datetime

from chassis.database import Connection
from gateway.sessions import queries
from gateway.sessions.models import Session, SessionEntry


async def browse_sessions(
    conn: Connection, mine: Session, *, now: datetime, limit: int
) -> list[SessionEntry]:
    """The devices on which a person is logged in, the last used first.

    Args:
        conn: To the database.
        mine: The session that asks.
        now: The clock's time.
        limit: At most this many.
    """
    rows = await queries.select_sessions(conn, mine.user.id, now, limit)
    return [SessionEntry(current=row["id"] == mine.id, **row) for row in rows]
