"""Check that a session is still open."""

from datetime import datetime
from uuid import UUID

from chassis.database import Database
from gateway.sessions import queries


async def session_is_open(database: Database, session_id: UUID, *, now: datetime) -> bool:
    """Whether a session was neither revoked nor has run out, asked of Postgres.

    A stream counts as use of its session, so that it is noted as used.

    Args:
        database: The truth.
        session_id: The session.
        now: The clock's time.
    """
    async with database.connection() as conn:
        end = await queries.select_end(conn, session_id)
        if end is None or end <= now:
            return False
        await queries.touch_session(conn, session_id, now)
    return True
