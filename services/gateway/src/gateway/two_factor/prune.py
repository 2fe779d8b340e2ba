"""Forget challenges that are over."""

from datetime import timedelta

from chassis.resources import Resources
from gateway.two_factor import queries


async def prune_challenges(resources: Resources) -> None:
    """Delete challenges a day after their end.

    Args:
        resources: With the database and the clock.
    """
    async with resources.database.transaction() as conn:
        await queries.delete_old_challenges(conn, resources.clock.now() - timedelta(days=1))
