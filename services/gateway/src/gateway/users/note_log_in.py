"""Note that a person has logged in."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.users import queries


async def note_log_in(conn: Connection, user_id: UUID, *, now: datetime) -> None:
    """Keep when a person logged in last.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Who.
        now: The clock's time.
    """
    await queries.note_login(conn, user_id, now)
