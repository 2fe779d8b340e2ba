"""Log out."""

from datetime import datetime
from uuid import UUID

from chassis.database import Database
from gateway.sessions import queries
from gateway.sessions.cache import SessionCache
from gateway.sessions.tell_end import tell_end


async def log_out(
    database: Database, cache: SessionCache, session_id: UUID, *, now: datetime
) -> None:
    """End a session, at once and everywhere; one that has ended stays so.

    Args:
        database: The verb opens its own transaction: the cache is told after the commit.
        cache: Told that the session is over.
        session_id: The session.
        now: The clock's time.
    """
    async with database.transaction() as conn:
        token_hash = await queries.revoke(conn, session_id, now)
        if token_hash is not None:
            await tell_end(conn, session_id)
    if token_hash is not None:
        await cache.revoke(token_hash)
