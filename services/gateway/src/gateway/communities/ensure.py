"""Have a community."""

from datetime import datetime

from chassis.database import Connection
from gateway.communities.errors import CommunityExists
from gateway.communities.models import NewCommunity
from gateway.communities.open import open_community


async def ensure_community(conn: Connection, slug: str, *, now: datetime) -> bool:
    """Open a community unless it was ever opened; one that was closed stays so.

    Args:
        conn: Open transaction; the caller commits.
        slug: Which; its name is made of it.
        now: The clock's time.

    Returns:
        Whether it was opened now.

    Emits:
        CommunityOpened on `gateway.communities.v1`; not on a repeat.
    """
    wanted = NewCommunity(slug=slug, name=slug.replace("-", " ").title(), asset="LXC")
    try:
        await open_community(conn, wanted, by=None, now=now)
    except CommunityExists:
        return False
    return True
