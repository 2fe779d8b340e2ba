"""Erase a person."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from contracts.gateway import UserErased
from gateway.users import queries


async def erase_user(conn: Connection, user_id: UUID, *, now: datetime) -> bool:
    """Forget a person whose grace period is over: all that the gateway keeps of them but an id.

    Args:
        conn: Open transaction; the caller commits, and destroys the key of their vault in it.
        user_id: Who has left.
        now: The clock's time.

    Returns:
        False when they stay, are to be erased later, or were erased: nothing is changed.

    Emits:
        UserErased on `gateway.users.v1`, keyed by user.
    """
    leaver = await queries.select_leaver(conn, user_id, lock=True)
    if leaver is None or leaver.erase_at > now:
        return False
    version = await queries.erase_user(conn, user_id, now)
    await record_acts(conn, Act("user.erased", "user", str(user_id), by_name="gateway"))
    await outbox.emit(conn, UserErased(user_id=user_id, version=version, erased_at=now))
    return True
