"""Find the session of a token."""

import hashlib
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from chassis.database import Connection, Database
from gateway.sessions import queries
from gateway.sessions.cache import SessionCache
from gateway.sessions.lifecycle import KEY_PREFIX, TOUCH_EVERY
from gateway.sessions.models import Session

#: Finds what an API key stands for, by its hash, and notes that it is used.
type FindKey = Callable[[Connection, bytes, datetime], Awaitable[Session | None]]


async def find_session(
    database: Database,
    cache: SessionCache,
    token: str,
    *,
    now: datetime,
    find_key: FindKey | None = None,
) -> Session | None:
    """The open session of a token, or what an API key stands for: from the cache, else Postgres.

    Args:
        database: The truth.
        cache: Saves asking it; may be away.
        token: In the form of a token.
        now: The clock's time.
        find_key: Finds what an API key stands for; without it keys are not known.

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
        if token.startswith(KEY_PREFIX):
            session = await find_key(conn, token_hash, now) if find_key else None
        else:
            session = await _find(conn, token_hash, now)
    if session is None or session.ends_at <= now:
        return None
    await cache.put(token_hash, session, read_at=read_at)
    return session


async def _find(conn: Connection, token_hash: bytes, now: datetime) -> Session | None:
    found = await queries.select_session(conn, token_hash)
    if found is None or found[0].ends_at <= now:
        return None
    session, last_seen_at = found
    if now - last_seen_at >= TOUCH_EVERY:
        await queries.touch_session(conn, session.id, now)
    return session
