"""List what several people searched for and found."""

from datetime import datetime

from chassis.database import Connection
from search.analytics import queries
from search.analytics.lifecycle import PEOPLE_MIN, may_be_shown


async def list_popular(
    conn: Connection, community: str, *, since: datetime, limit: int
) -> list[tuple[str, int]]:
    """Searches that may be shown to others, with how many people made them.

    Args:
        conn: For reading.
        community: Whose.
        since: Only searches from then on.
        limit: At most this many.
    """
    rows = await queries.select_popular(conn, community, since, people=PEOPLE_MIN, limit=limit)
    return [(row["q"], row["people"]) for row in rows if may_be_shown(row["q"])]
