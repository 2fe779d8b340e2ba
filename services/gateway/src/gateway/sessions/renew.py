"""Renew a session whose rights change."""

from datetime import datetime

from chassis.database import Connection
from gateway.sessions import queries
from gateway.sessions.lifecycle import Strength
from gateway.sessions.models import Device, Session
from gateway.sessions.open import open_session
from gateway.sessions.tell_end import tell_end


async def renew_session(
    conn: Connection, session: Session, *, strength: Strength, device: Device | None, now: datetime
) -> tuple[str, Session, bytes | None]:
    """End a session and open a stronger one in its place.

    Args:
        conn: Open transaction; the caller commits.
        session: The one to end.
        strength: How its holder has shown who they are.
        device: Where.
        now: The clock's time.

    Returns:
        The new token, the new session, and the hash of the old token for the cache, which is
        told after the commit; nothing when another request ended the old one meanwhile.
    """
    ended = await queries.revoke(conn, session.id, now)
    token, renewed = await open_session(
        conn, session.user, strength=strength, device=device, now=now
    )
    if ended is not None:
        await tell_end(conn, session.id, renewed_as=renewed.id)
    return token, renewed, ended
