"""Read a group."""

from uuid import UUID

from chassis.context import look
from chassis.database import Connection
from ledger.groups import queries
from ledger.groups.errors import NoSuchGroup
from ledger.groups.models import Group
from ledger.reach import Reach


async def read_group(conn: Connection, group_id: UUID, *, reach: Reach, viewer: UUID) -> Group:
    """A group as it stands.

    Args:
        conn: Any connection.
        group_id: Which.
        reach: Only if its owner, and every account that was ever in it, is in it.
        viewer: Who asks: their own they see.

    Raises:
        NoSuchGroup: There is none, or it is somebody else's.
    """
    found = await queries.select_group(conn, group_id, reach, viewer)
    if found is None:
        raise NoSuchGroup("there is no group with this id among those that you may see")
    if reach.has_power:
        look(found.owner_id)
    return found
