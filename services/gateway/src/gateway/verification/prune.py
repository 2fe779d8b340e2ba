"""Forget codes that are over."""

from datetime import timedelta

from chassis.resources import Resources
from gateway.verification import queries


async def prune_codes(resources: Resources) -> None:
    """Delete codes a day after their end: there may be an address in them that is not known.

    Args:
        resources: With the database and the clock.
    """
    async with resources.database.transaction() as conn:
        await queries.delete_old_codes(conn, resources.clock.now() - timedelta(days=1))
