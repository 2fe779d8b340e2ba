"""Change what others know of a person."""

from dataclasses import replace
from uuid import UUID

from chassis import outbox
from chassis.database import Connection
from gateway.users import queries
from gateway.users.change_roles import tell_of
from gateway.users.errors import NoSuchUser
from gateway.users.models import User


async def rename_user(conn: Connection, user_id: UUID, *, display_name: str) -> User:
    """Give a person another name.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose.
        display_name: As others are shown it.

    Returns:
        The person as they are now.

    Raises:
        NoSuchUser: They have left.

    Emits:
        UserChanged on `gateway.users.v1`, keyed by user; not when the name is the same.
    """
    user = await queries.lock_user(conn, user_id)
    if user is None:
        raise NoSuchUser("they have left")
    if user.display_name == display_name:
        return user
    changed = replace(user, display_name=display_name)
    version = await queries.update_user(conn, changed)
    await outbox.emit(conn, tell_of(changed, version))
    return changed
