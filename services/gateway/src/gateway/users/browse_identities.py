"""List what a person logs in with."""

from uuid import UUID

from chassis.database import Connection
from gateway.users import queries
from gateway.users.models import Known


async def browse_identities(conn: Connection, user_id: UUID) -> list[Known]:
    """E-mail and phone of a person, for themselves.

    Args:
        conn: To the database.
        user_id: Whose.
    """
    return await queries.select_identities(conn, user_id)
