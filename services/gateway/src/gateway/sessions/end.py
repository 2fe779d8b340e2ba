"""End one session of a person's list."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.sessions import queries
from gateway.sessions.errors import NoSuchSession
from gateway.sessions.tell_end import tell_end


async def end_session(conn: Connection, session_id: UUID, *, user_id: UUID, now: datetime) -> bytes:
    """End a session that the person does not want any more.

    Args:
        conn: Open transaction; the caller commits, then tells the cache.
        session_id: Which.
        user_id: Whose it must be.
        now: The clock's time.

    Returns:
        The hash of the token that is worth nothing now.

    Raises:
        NoSuchSession: The person has no open session with this id.
    """
    ended = await queries.revoke_one(conn, session_id, user_id, now)
    if ended is None:
        raise NoSuchSession("it is over, or it never was yours; see GET /v1/sessions")
    await tell_end(conn, session_id)
    return ended
