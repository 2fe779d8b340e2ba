"""Make the access log's months ahead."""

from datetime import UTC, datetime

from chassis.resources import Resources
from gateway.access_log import queries


async def make_months(resources: Resources) -> None:
    """Make partitions for this month and the next three; a repeat makes none.

    Args:
        resources: With the database. Rows are stamped by the database's clock, so no test's counts.
    """
    async with resources.database.connection() as conn:
        await queries.ensure_months(conn, datetime.now(UTC).date())
