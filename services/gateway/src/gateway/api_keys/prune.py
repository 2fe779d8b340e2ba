"""Forget families of refresh tokens that are over."""

from datetime import timedelta

from chassis.resources import Resources
from gateway.api_keys import queries


async def prune_families(resources: Resources) -> None:
    """Delete families 30 days after their end.

    Args:
        resources: With the database and the clock.
    """
    async with resources.database.transaction() as conn:
        await queries.delete_old_families(conn, resources.clock.now() - timedelta(days=30))
