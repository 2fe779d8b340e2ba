"""List communities."""

from chassis.database import Connection
from gateway.communities import queries
from gateway.communities.models import CommunityPage, CommunityView, State


async def browse_communities(
    conn: Connection, *, state: State | None, after: str | None, limit: int
) -> CommunityPage:
    """A page of communities, by slug.

    Args:
        conn: A connection.
        state: Only those in it.
        after: The slug that the page before ended with.
        limit: How many at most.
    """
    found = await queries.select_communities(conn, state, after, limit + 1)
    page = [CommunityView.of(one) for one in found[:limit]]
    following = page[-1].slug if len(found) > limit else None
    return CommunityPage(communities=page, next_cursor=following)
