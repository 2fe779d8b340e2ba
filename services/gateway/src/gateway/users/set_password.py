"""Set another password."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.gateway import SecurityChanged
from gateway.users import queries


async def set_password(
    conn: Connection, user_id: UUID, password_hash: str, *, now: datetime
) -> None:
    """Give a person another password.

    Args:
        conn: Open transaction; the caller commits, and ends the person's sessions.
        user_id: Whose.
        password_hash: Argon2id, of a password that was checked.
        now: The clock's time.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    await queries.put_password(conn, user_id, password_hash, now)
    await emit(conn, SecurityChanged(user_id=user_id, change="password_changed", changed_at=now))
