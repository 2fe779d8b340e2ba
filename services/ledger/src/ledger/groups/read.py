"""Read a group."""

from uuid import UUID

from chassis.context import look
from chassis.database import Connection
from ledger.groups import queries
from ledger.groups.errors import NoSuchGroup
from ledger.groups.models import Group


async def read_group(conn: Connection, group_id: UUID, *, owner: UUID | None) -> Group:
    """A group as it stands.

    Args:
        conn: Any connection.
        group_id: Which.
        owner: Only if it is theirs; nothing for operators.

    Raises:
        NoSuchGroup: There is none, or it is somebody else's.
    """
    found = await queries.select_group(conn, group_id, owner)
    if found is None:
        raise NoSuchGroup("there is no group with this id among those that you may see")
    if owner is None:
        look(found.owner_id)
    return found
