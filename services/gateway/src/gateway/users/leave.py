"""Leave."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from contracts.gateway import UserLeft
from gateway.users import queries
from gateway.users.errors import NoSuchUser


async def leave(conn: Connection, user_id: UUID, *, erase_at: datetime, now: datetime) -> None:
    """Close a person's access. Until they are erased all is kept, and nobody is let in as them.

    Args:
        conn: Open transaction; the caller commits, and ends sessions and keys.
        user_id: Who leaves.
        erase_at: When they are to be erased.
        now: The clock's time.

    Raises:
        NoSuchUser: They have left.
        LastAdmin: Nobody else is an administrator.

    Emits:
        UserLeft on `gateway.users.v1`, keyed by user.
    """
    if await queries.lock_user(conn, user_id) is None:
        raise NoSuchUser("they have left")
    version = await queries.begin_leaving(conn, user_id, now, erase_at)
    told = {"erase_at": erase_at.isoformat()}
    await record_acts(conn, Act("user.left", "user", str(user_id), by=user_id, after=told))
    await outbox.emit(conn, UserLeft(user_id=user_id, version=version, erase_at=erase_at))
