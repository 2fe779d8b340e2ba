"""Forget what is long over."""

from chassis.resources import Resources
from gateway.sessions import queries
from gateway.sessions.lifecycle import FORGET_AFTER, IDLE, KEPT_AFTER_END


async def prune_sessions(resources: Resources) -> None:
    """Delete sessions 30 days after their end, and attempts that no longer count.

    A session that was ended early is kept for up to 12 hours longer: until it would have ended.

    Args:
        resources: With the database and the clock.
    """
    now = resources.clock.now()
    async with resources.database.transaction() as conn:
        await queries.delete_old(conn, now - IDLE - KEPT_AFTER_END, now - 4 * FORGET_AFTER)
