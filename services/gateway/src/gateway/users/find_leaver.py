"""Find a person who has left and is not erased."""

from uuid import UUID

from chassis.database import Connection
from gateway.users import queries
from gateway.users.models import Leaver


async def find_leaver(conn: Connection, user_id: UUID) -> Leaver | None:
    """A person in their grace period, and when it ends; nothing for anybody else.

    Args:
        conn: Any connection.
        user_id: Who.
    """
    return await queries.select_leaver(conn, user_id)
