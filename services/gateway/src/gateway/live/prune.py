"""Forget old live events."""

from datetime import UTC, datetime, timedelta
from typing import Final

from chassis.resources import Resources
from gateway.live import queries
from gateway.live.lifecycle import KEPT_DAYS, KEPT_MAX

#: An import of thousands of listings is told to its seller: one round would fall behind.
ROUNDS_MAX: Final = 50


async def prune_events(resources: Resources) -> None:
    """Keep the last 1,000 events of each person, for at most 7 days.

    Args:
        resources: With the database. Events are stamped by the machine's clock, so it decides.
    """
    before = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    for _ in range(ROUNDS_MAX):
        async with resources.database.transaction() as conn:
            if not await queries.delete_old(conn, before, KEPT_MAX):
                return
