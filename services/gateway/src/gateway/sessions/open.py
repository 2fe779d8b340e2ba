"""Open a session."""

import hashlib
import secrets
from datetime import datetime

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from gateway.sessions import queries
from gateway.sessions.lifecycle import IDLE, LONGEST, TOKEN_PREFIX, Strength
from gateway.sessions.models import Device, Session
from gateway.users.models import User
from gateway.users.note_log_in import note_log_in


async def open_session(
    conn: Connection, user: User, *, strength: Strength, device: Device | None, now: datetime
) -> tuple[str, Session]:
    """Open a session for somebody who has just shown who they are.

    Each time they do so the token is a new one: what somebody planted or saw before is worth
    nothing afterwards.

    Args:
        conn: Open transaction; the caller commits.
        user: Who.
        strength: How they have shown it.
        device: Where.
        now: The clock's time.

    Returns:
        The token, which is stored nowhere, and the session.
    """
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session = Session(new_id(), user, now + IDLE, now, strength)
    digest = hashlib.sha256(token.encode()).digest()
    await queries.insert_session(
        conn, session, digest, device=device, now=now, expires_at=now + LONGEST
    )
    await note_log_in(conn, user.id, now=now)
    after = {"user_id": str(user.id), "roles": list(user.roles), "strength": strength}
    await record_acts(
        conn, Act("session.opened", "session", str(session.id), by=user.id, after=after)
    )
    return token, session
