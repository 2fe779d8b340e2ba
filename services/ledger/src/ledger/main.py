"""The ledger, wired: read this first."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import ledger.accounts.consumers
import ledger.accounts.router
import ledger.escrow.consumers
import ledger.explanations.router
import ledger.fees.router
import ledger.histories.router
import ledger.issuance.router
import ledger.refused_attempts.router
import ledger.reservations.router
import ledger.statements.router
import ledger.transfers.router
import ledger.transparency.router
from chassis.service import Job, Resources, Service
from chassis.subscription import Subscription
from ledger.fees.forget_quotes import forget_quotes
from ledger.fees.price_list import PriceList
from ledger.journal.collect import open_journal
from ledger.reservations.expire import expire_reservations
from ledger.reservations.move import EXPIRY
from ledger.settings import LedgerSettings
from ledger.transparency.keeper import LogKeeper, open_keeper

SEQUENCE_SECONDS: Final = 0.2
SIGN_SECONDS: Final = 1
COPY_SECONDS: Final = 5


def _subscriptions(resources: Resources) -> Sequence[Subscription]:
    settings: LedgerSettings = resources.settings
    return (
        ledger.accounts.consumers.make_subscription(resources.clock),
        ledger.escrow.consumers.make_subscription(resources.clock, settings.fee_bps),
    )


@asynccontextmanager
async def _open(resources: Resources) -> AsyncIterator[dict[str, Any]]:
    settings: LedgerSettings = resources.settings
    keeper = open_keeper(settings, resources.database, resources.clock)
    async with open_journal(
        resources.database, resources.clock, batch_max=settings.journal_batch_max
    ) as journal:
        yield {
            "journal": journal,
            "log_keeper": keeper,
            "prices": PriceList(resources.clock, settings.fee_bps),
        }


def _keeper(resources: Resources) -> LogKeeper:
    keeper: LogKeeper = resources.extra["log_keeper"]
    return keeper


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
        ledger.transparency.router.router,
        ledger.reservations.router.router,
        ledger.statements.router.router,
        ledger.explanations.router.router,
        ledger.refused_attempts.router.router,
        ledger.fees.router.router,
        ledger.histories.router.router,
    ),
    make_subscriptions=_subscriptions,
    timers={EXPIRY: expire_reservations},
    jobs=(
        Job(
            "transparency_sequence",
            SEQUENCE_SECONDS,
            lambda resources: _keeper(resources).sequence(),
        ),
        Job("transparency_sign", SIGN_SECONDS, lambda resources: _keeper(resources).sign()),
        Job("fee_quotes", 600, _forget_quotes),
        Job("transparency_copy", COPY_SECONDS, lambda resources: _keeper(resources).copy()),
    ),
    resources=_open,
)
