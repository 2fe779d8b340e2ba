"""The ledger, wired: read this first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import ledger.accounts.consumers
import ledger.accounts.router
import ledger.escrow.consumers
import ledger.fees.router
import ledger.issuance.router
import ledger.transfers.router
from chassis.service import Job, Resources, Service
from chassis.subscription import Subscription
from ledger.fees.forget_quotes import forget_quotes
from ledger.fees.price_list import PriceList
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
        yield {"journal": journal, "prices": PriceList(resources.clock, settings.fee_bps)}


async def _forget_quotes(resources: Resources) -> None:
    async with resources.database.transaction() as conn:
        await forget_quotes(conn, now=resources.clock.now())


service = Service(
    name="ledger",
    settings=LedgerSettings,
    sql=Path(__file__).parents[2] / "sql",
    routers=(
        ledger.accounts.router.router,
        ledger.transfers.router.router,
        ledger.issuance.router.router,
        ledger.fees.router.router,
    ),
    make_subscriptions=_subscriptions,
    jobs=(Job("fee_quotes", 600, _forget_quotes),),
    resources=_open,
)
