"""Forget old live events."""

from datetime import UTC, datetime, timedelta

from chassis.resources import Resources
from gateway.live import queries
from gateway.live.lifecycle import KEPT_DAYS, KEPT_MAX


async def prune_events(resources: Resources) -> None:
    """Keep the last 1,000 events of each person, for at most 7 days.

    Args:
        resources: With the database. Events are stamped by the machine's clock, so it decides.
    """
    before = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    async with resources.database.transaction() as conn:
        await queries.delete_old(conn, before, KEPT_MAX)
