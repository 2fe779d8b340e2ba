"""Forget old deliveries."""

from datetime import timedelta
from typing import Final

from chassis.resources import Resources
from gateway.webhooks import queries

KEPT: Final = timedelta(days=30)
ROUNDS_MAX: Final = 50


async def prune_deliveries(resources: Resources) -> None:
    """Delete what was delivered or has failed, 30 days after it was written down.

    Args:
        resources: With the database and the clock.
    """
    for _ in range(ROUNDS_MAX):
        async with resources.database.transaction() as conn:
            if not await queries.delete_old(conn, resources.clock.now() - KEPT):
                return
