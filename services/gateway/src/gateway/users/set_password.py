"""Set another password."""

from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.outbox import emit
from contracts.gateway import SecurityChanged
from gateway.users import queries

#: By whoever knows the old one, or by a code that was sent to them.
type How = Literal["changed", "reset"]


async def set_password(
    conn: Connection, user_id: UUID, password_hash: str, *, how: How, now: datetime
) -> None:
    """Give a person another password.

    Args:
        conn: Open transaction; the caller commits, and ends the person's sessions.
        user_id: Whose.
        password_hash: Argon2id, of a password that was checked.
        how: What it is called in the audit log.
        now: The clock's time.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    before = await queries.put_password(conn, user_id, password_hash, now)
    act = Act(f"password.{how}", "user", str(user_id), by=user_id)
    then = {"changed_at": before} if before else None
    await record_acts(conn, replace(act, before=then, after={"changed_at": now}))
    await emit(conn, SecurityChanged(user_id=user_id, change="password_changed", changed_at=now))
