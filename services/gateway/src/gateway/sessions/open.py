"""Open a session."""

import hashlib
import secrets
from datetime import datetime

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.gateway import SecurityChanged
from gateway.sessions import queries
from gateway.sessions.lifecycle import (
    DEVICES_MAX,
    IDLE,
    LONGEST,
    TOKEN_PREFIX,
    Strength,
    is_new_device,
)
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

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session = Session(new_id(), user, now + IDLE, now, strength)
    digest = hashlib.sha256(token.encode()).digest()
    if device is not None and await _is_new(conn, user, device):
        told = SecurityChanged(user_id=user.id, change="new_device", changed_at=now)
        await emit(conn, told)
    await queries.insert_session(
        conn, session, digest, device=device, now=now, expires_at=now + LONGEST
    )
    await note_log_in(conn, user.id, now=now)
    after = {"user_id": str(user.id), "roles": list(user.roles), "strength": strength}
    await record_acts(
        conn, Act("session.opened", "session", str(session.id), by=user.id, after=after)
    )
    return token, session


async def _is_new(conn: Connection, user: User, device: Device) -> bool:
    """Whether to tell a person of this log-in; nobody is told of the one that begins it all."""
    seen = await queries.select_devices(conn, user.id, DEVICES_MAX)
    return bool(seen) and is_new_device(seen, device.address, device.agent)
