"""Find who is known by an e-mail or phone."""

from uuid import UUID

from chassis.database import Connection
from gateway.users import queries
from gateway.users.models import Identity


async def find_identity(conn: Connection, identity: Identity) -> UUID | None:
    """Who logs in with this.

    Args:
        conn: To the database.
        identity: Normalised.
    """
    found = await queries.select_login(conn, identity.value, identity.kind)
    return found[0].id if found else None
