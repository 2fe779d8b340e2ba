"""Find a person."""

from uuid import UUID

from chassis.database import Connection
from gateway.users import queries
from gateway.users.models import User


async def find_user(conn: Connection, user_id: UUID) -> User | None:
    """A person who has not left.

    Args:
        conn: Any connection.
        user_id: Who.
    """
    return await queries.select_user(conn, user_id)
