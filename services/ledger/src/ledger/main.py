"""The ledger, wired: read this first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import ledger.accounts.consumers
import ledger.accounts.router
import ledger.escrow.consumers
import ledger.explanations.router
import ledger.issuance.router
import ledger.refused_attempts.router
import ledger.statements.router
import ledger.transfers.router
from chassis.service import Resources, Service
from chassis.subscription import Subscription
from ledger.journal.collect import open_journal
from ledger.settings import LedgerSettings


def _subscriptions(resources: Resources) -> Sequence[Subscription]:
    settings: LedgerSettings = resources.settings
    return (
        ledger.accounts.consumers.make_subscription(resources.clock),
        ledger.escrow.consumers.make_subscription(resources.clock, settings.fee_bps),
    )


@asynccontextmanager
async def _open(resources: Resources) -> AsyncIterator[dict[str, Any]]:
    settings: LedgerSettings = resources.settings
    async with open_journal(
        resources.database, resources.clock, batch_max=settings.journal_batch_max
    ) as journal:
        yield {"journal": journal}


service = Service(
    name="ledger",
    settings=LedgerSettings,
    sql=Path(__file__).parents[2] / "sql",
    routers=(
        ledger.accounts.router.router,
        ledger.transfers.router.router,
        ledger.issuance.router.router,
        ledger.statements.router.router,
        ledger.explanations.router.router,
        ledger.refused_attempts.router.router,
    ),
    make_subscriptions=_subscriptions,
    resources=_open,
)
