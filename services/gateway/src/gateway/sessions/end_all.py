"""End the sessions of a person."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.sessions import queries


async def end_sessions(
    conn: Connection, user_id: UUID, *, kept: UUID | None = None, now: datetime
) -> list[bytes]:
    """End all sessions of a person, but for one if it is named.

    Args:
        conn: Open transaction; the caller commits, then tells the cache.
        user_id: Whose.
        kept: The session that goes on.
        now: The clock's time.

    Returns:
        The hashes of the tokens that are worth nothing now.
    """
    return await queries.revoke_others(conn, user_id, kept, now)
