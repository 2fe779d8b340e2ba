"""The first community, from the settings."""

from chassis import outbox
from chassis.logs import get_logger
from chassis.resources import Resources
from contracts.gateway import CommunityOpened
from gateway.communities import queries
from gateway.communities.ensure import ensure_community

log = get_logger(__name__)


async def open_home(resources: Resources) -> None:
    """Open the community that the settings name, unless it was ever opened.

    Those that were here before communities were opened are told of, too.

    Args:
        resources: With the settings, the database and the clock.

    Emits:
        CommunityOpened on `gateway.communities.v1`, for each that was not told; not on a repeat.
    """
    slug, now = resources.settings.home_community, resources.clock.now()
    async with resources.database.transaction() as conn:
        for one in await queries.lock_untold(conn):
            version = await queries.update_state(conn, one.slug, one.state, now)
            await outbox.emit(
                conn,
                CommunityOpened(
                    community=one.slug,
                    name=one.name,
                    asset=one.asset,
                    changed_at=now,
                    version=version,
                ),
            )
        opened = await ensure_community(conn, slug, now=now)
    if opened:
        log.info("communities.home_opened", community=slug)
