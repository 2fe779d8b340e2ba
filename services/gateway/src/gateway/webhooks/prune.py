"""Forget old deliveries, and what came in long ago."""

from datetime import timedelta
from typing import Final

from chassis.resources import Resources
from gateway.webhooks import queries

KEPT: Final = timedelta(days=30)
ROUNDS_MAX: Final = 50


async def prune_deliveries(resources: Resources) -> None:
    """Delete what was delivered, has failed or came in, 30 days after it was written down.

    What came in is not believed a second time: its signature is good for five minutes.

    Args:
        resources: With the database and the clock.
    """
    before = resources.clock.now() - KEPT
    for delete in (queries.delete_old, queries.delete_received):
        for _ in range(ROUNDS_MAX):
            async with resources.database.transaction() as conn:
                if not await delete(conn, before):
                    break
