"""List how a person's roles changed."""

from uuid import UUID

from chassis.database import Connection
from gateway.users import queries
from gateway.users.errors import NoSuchUser
from gateway.users.models import RoleChange, User


async def browse_role_changes(
    conn: Connection, user_id: UUID, *, limit: int
) -> tuple[User, list[RoleChange]]:
    """A person, and the trail of their roles, the newest change first.

    Args:
        conn: To the database.
        user_id: Whose.
        limit: At most this many.

    Raises:
        NoSuchUser: Nobody has this id.
    """
    user = await queries.select_user(conn, user_id)
    if user is None:
        raise NoSuchUser("they left, or never were here")
    return user, await queries.select_role_changes(conn, user_id, limit)
