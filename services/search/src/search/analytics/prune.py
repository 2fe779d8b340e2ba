"""Forget old queries and clicks."""

from datetime import timedelta

from chassis.resources import Resources
from search.analytics.queries import DELETE_OLD_CLICKS, DELETE_OLD_QUERIES


async def prune_query_log(resources: Resources) -> None:
    """Delete what is older than the settings allow, in pieces."""
    before = resources.clock.now() - timedelta(days=resources.settings.query_log_days)
    for statement in (DELETE_OLD_QUERIES, DELETE_OLD_CLICKS):
        deleted = "DELETE 1"
        while deleted != "DELETE 0":
            async with resources.database.transaction() as conn:
                deleted = await conn.execute(statement, before)
