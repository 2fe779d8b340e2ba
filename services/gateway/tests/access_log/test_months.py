"""Months of the access log are there before they are needed."""

from datetime import UTC, datetime

from gateway.access_log.make_months import make_months
from services.gateway.tests.conftest import Gateway


async def test_months_are_made_ahead_once(gateway: Gateway) -> None:
    """This month and the next three; a second round makes none."""
    await make_months(gateway.resources)
    today = datetime.now(UTC).date()
    async with gateway.resources.database.connection() as conn:
        rows = await conn.fetch(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits "
            "WHERE inhparent = 'access_log'::regclass"
        )
        assert {f"access_log_{today:%Y%m}"} < {row["name"] for row in rows}
        assert len(rows) >= 5
        assert await conn.fetchval("SELECT ensure_access_log_partitions($1, 4)", today) == 0
