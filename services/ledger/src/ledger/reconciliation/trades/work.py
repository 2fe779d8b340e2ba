"""Compare trades with escrows: what the work role does again and again."""

from datetime import timedelta
from typing import Final, get_args

from prometheus_client import Gauge

from chassis.resources import Resources
from contracts.ledger import DifferenceKind
from ledger.reconciliation.trades import queries
from ledger.reconciliation.trades.check import PAGE, check_agreements

PAGES_MAX: Final = 100
DIFFERENCES: Final = Gauge(
    "localex_reconciliation_differences", "Trades and escrows that do not agree", ("kind",)
)


async def work_on_agreements(resources: Resources) -> None:
    """Look at everything that is due, and show how many differences last.

    Args:
        resources: Database, clock and settings.
    """
    grace = timedelta(seconds=resources.settings.reconciliation_grace_seconds)
    for _ in range(PAGES_MAX):
        async with resources.database.transaction() as conn:
            if await check_agreements(conn, grace=grace, now=resources.clock.now()) < PAGE:
                break
    async with resources.database.connection() as conn:
        found = await queries.count_differences(conn)
    for kind in get_args(DifferenceKind):
        DIFFERENCES.labels(kind).set(found.get(kind, 0))
