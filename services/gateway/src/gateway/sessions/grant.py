"""Grant a session without a password, to whoever holds the gateway's own database."""

import hashlib
import secrets
from datetime import datetime, timedelta

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from gateway.sessions import queries
from gateway.sessions.lifecycle import TOKEN_PREFIX
from gateway.sessions.models import Session
from gateway.users.models import User


async def grant_session(conn: Connection, user: User, *, now: datetime, ttl: timedelta) -> str:
    """Open a session for a user; for the operator at the machine, no route leads here.

    Args:
        conn: Open transaction; the caller commits.
        user: Whose session.
        now: The clock's time.
        ttl: Its whole life.

    Returns:
        The token, which is stored nowhere.
    """
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session = Session(new_id(), user, now + ttl, now, "machine")
    digest = hashlib.sha256(token.encode()).digest()
    await queries.insert_session(conn, session, digest, device=None, now=now, expires_at=now + ttl)
    after = {"user_id": str(user.id), "roles": list(user.roles)}
    by = "whoever holds the gateway's database"
    await record_acts(
        conn, Act("session.granted", "session", str(session.id), by_name=by, after=after)
    )
    return token
