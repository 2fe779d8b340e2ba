"""Find the session of a token."""

import hashlib
import time
from datetime import datetime

from chassis.database import Database
from gateway.sessions import queries
from gateway.sessions.cache import SessionCache
from gateway.sessions.lifecycle import TOUCH_EVERY
from gateway.sessions.models import Session


async def find_session(
    database: Database, cache: SessionCache, token: str, *, now: datetime
) -> Session | None:
    """The open session of a token: from the cache, else from Postgres.

    Args:
        database: The truth.
        cache: Saves asking it; may be away.
        token: In the form of a token.
        now: The clock's time.

    Returns:
        The session; nothing when it is unknown, revoked, idle too long or too old.
    """
    token_hash = hashlib.sha256(token.encode()).digest()
    kept = await cache.get(token_hash)
    if kept is False:
        return None
    # What has ended as it was kept may have been used since.
    if isinstance(kept, Session) and kept.ends_at > now:
        return kept
    read_at = time.monotonic()
    async with database.connection() as conn:
        found = await queries.select_session(conn, token_hash)
        if found is None or found[0].ends_at <= now:
            return None
        session, last_seen_at = found
        if now - last_seen_at >= TOUCH_EVERY:
            await queries.touch_session(conn, session.id, now)
    await cache.put(token_hash, session, read_at=read_at)
    return session
