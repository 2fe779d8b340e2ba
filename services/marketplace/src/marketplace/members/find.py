"""Find a member."""

from uuid import UUID

from chassis.database import Connection
from marketplace.members import queries
from marketplace.members.errors import NoSuchMember


async def find_member(conn: Connection, user_id: UUID, community: str) -> str:
    """The name of a member of a community.

    Args:
        conn: Any connection.
        user_id: Who.
        community: Where the caller is a member.

    Raises:
        NoSuchMember: There is none there.
    """
    name = await queries.select_name(conn, user_id, community)
    if name is None:
        raise NoSuchMember(user_id)
    return name
