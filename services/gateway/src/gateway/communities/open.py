"""Open a community."""

from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from contracts.gateway import CommunityOpened
from gateway.communities import queries
from gateway.communities.errors import CommunityExists
from gateway.communities.models import Community, NewCommunity


async def open_community(
    conn: Connection, wanted: NewCommunity, *, by: UUID | None, now: datetime
) -> Community:
    """Open a community that people can join.

    Args:
        conn: Open transaction; the caller commits.
        wanted: Its slug, its name and what it reckons in.
        by: The administrator; nothing for the settings.
        now: The clock's time.

    Raises:
        CommunityExists: There is one by this slug, open or closed.

    Emits:
        CommunityOpened on `gateway.communities.v1`, keyed by slug.
    """
    opened = Community(
        slug=wanted.slug,
        name=wanted.name,
        asset=wanted.asset,
        state="OPEN",
        version=1,
        opened_at=now,
        opened_by=by,
        changed_at=now,
    )
    if not await queries.insert_community(conn, opened):
        raise CommunityExists(
            f"{wanted.slug} is taken: choose another slug, or reopen it if it is closed",
            slug=wanted.slug,
        )
    event = CommunityOpened(
        community=opened.slug, name=opened.name, asset=opened.asset, changed_at=now, version=1
    )
    await outbox.emit(conn, event)
    told = {"name": opened.name, "asset": opened.asset, "state": opened.state}
    await record_acts(conn, Act("community.opened", "community", opened.slug, after=told))
    return opened
