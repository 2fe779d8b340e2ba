"""Leave."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from contracts.gateway import UserLeft
from gateway.users import queries
from gateway.users.errors import NoSuchUser


async def leave(conn: Connection, user_id: UUID, *, now: datetime) -> None:
    """Close a person's access: how they are known is forgotten, what they did stays in the books.

    Args:
        conn: Open transaction; the caller commits, and ends sessions and keys.
        user_id: Who leaves.
        now: The clock's time.

    Raises:
        NoSuchUser: They have left.
        LastAdmin: Nobody else is an administrator.

    Emits:
        UserLeft on `gateway.users.v1`, keyed by user.
    """
    if await queries.lock_user(conn, user_id) is None:
        raise NoSuchUser("they have left")
    version = await queries.close_user(conn, user_id, now)
    await outbox.emit(conn, UserLeft(user_id=user_id, version=version))
