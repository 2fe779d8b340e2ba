"""Show a member's reputation."""

from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.members.find import find_member
from marketplace.reputations import queries
from marketplace.reputations.lifecycle import explain
from marketplace.reputations.models import ReputationView


async def show_reputation(conn: Connection, user_id: UUID, viewer: Caller) -> ReputationView:
    """What trades and ratings say of a member of the viewer's community, explained.

    Args:
        conn: Any connection; nothing is written.
        user_id: Whose.
        viewer: A member of the same community.

    Raises:
        NoSuchMember: There is none there.
    """
    name = await find_member(conn, user_id, viewer.community)
    return explain(user_id, name, await queries.select_counts(conn, user_id))
