"""The ledger, wired: read this first."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import ledger.accounts.consumers
import ledger.accounts.router
import ledger.escrow.consumers
import ledger.escrow.router
import ledger.exchanges.router
import ledger.explanations.router
import ledger.fees.router
import ledger.gifts.router
import ledger.groups.router
import ledger.histories.router
import ledger.issuance.router
import ledger.members.consumers
import ledger.monitors.router
import ledger.policies.consumers
import ledger.policies.router
import ledger.reconciliation.deciding.router
import ledger.reconciliation.router
import ledger.reconciliation.trades.consumers
import ledger.reconciliation.trades.router
import ledger.refused_attempts.router
import ledger.reservations.router
import ledger.scheduled_transfers.router
import ledger.statements.files.router
import ledger.statements.orders.router
import ledger.statements.router
import ledger.transfers.router
import ledger.transparency.router
from chassis.files import Files
from chassis.service import Job, Resources, Service
from chassis.subscription import Subscription
from chassis.task_worker import task_jobs
from chassis.timers import TimerHandler
from ledger.accounts.known import KnownAccounts
from ledger.accounts.read_together import BalanceReader
from ledger.exchanges.forget_quotes import forget_exchange_quotes
from ledger.fees.forget_quotes import forget_quotes
from ledger.fees.known_accounts import KnownFeeAccounts
from ledger.fees.price_list import PriceList
from ledger.gifts.expire import expire_gifts
from ledger.gifts.give import EXPIRY as GIFT_EXPIRY
from ledger.journal.collect import open_journal
from ledger.monitors.watch import watch_balances
from ledger.reconciliation.matching.work import work_on_runs
from ledger.reconciliation.trades.work import work_on_agreements
from ledger.reservations.expire import expire_reservations
from ledger.reservations.move import EXPIRY
from ledger.scheduled_transfers.carry_out import CarryOut
from ledger.scheduled_transfers.schedule import DUE
from ledger.settings import LedgerSettings
from ledger.statements.orders.make import STATEMENT
from ledger.statements.orders.order import KIND as STATEMENT_KIND
from ledger.transfers.prepare import Known
from ledger.transparency.keeper import LogKeeper, open_keeper

SEQUENCE_SECONDS: Final = 0.2
SIGN_SECONDS: Final = 1
COPY_SECONDS: Final = 5
#: Whoever watches an account is told within a second of what moved.
WATCH_SECONDS: Final = 0.4
#: Pages of monitors in one turn, each its own transaction.
WATCH_PAGES_MAX: Final = 100
RUNS_SECONDS: Final = 1
AGREEMENTS_SECONDS: Final = 5


def _subscriptions(resources: Resources) -> Sequence[Subscription]:
    settings: LedgerSettings = resources.settings
    return (
        ledger.accounts.consumers.make_subscription(resources.clock),
        ledger.escrow.consumers.make_subscription(resources.clock, settings.fee_bps),
        ledger.members.consumers.MEMBERS,
        ledger.policies.consumers.make_subscription(resources.clock),
        ledger.reconciliation.trades.consumers.make_subscription(
            resources.clock, settings.reconciliation_grace_seconds
        ),
    )


def _timers(resources: Resources) -> Mapping[str, TimerHandler]:
    settings: LedgerSettings = resources.settings
    return {DUE: CarryOut(settings.fee_bps)}


@asynccontextmanager
async def _open(resources: Resources) -> AsyncIterator[dict[str, Any]]:
    settings: LedgerSettings = resources.settings
    keeper = open_keeper(settings, resources.database, resources.clock)
    async with open_journal(
        resources.database, resources.clock, batch_max=settings.journal_batch_max
    ) as journal:
        prices = PriceList(resources.clock, settings.fee_bps)
        known = Known(resources.database, KnownAccounts(), KnownFeeAccounts(), prices)
        yield {
            "journal": journal,
            "log_keeper": keeper,
            "prices": prices,
            "known": known,
            "balances": BalanceReader(resources.database),
            "files": Files.open(settings),
        }


def _keeper(resources: Resources) -> LogKeeper:
    keeper: LogKeeper = resources.extra["log_keeper"]
    return keeper


async def _forget_quotes(resources: Resources) -> None:
    async with resources.database.transaction() as conn:
        await forget_quotes(conn, now=resources.clock.now())
        await forget_exchange_quotes(conn, now=resources.clock.now())


async def _watch_balances(resources: Resources) -> None:
    after, behind = None, False
    for _ in range(WATCH_PAGES_MAX):
        async with resources.database.transaction() as conn:
            page = await watch_balances(conn, after=after)
        after, behind = page.last, behind or page.behind
        if after is None and not behind:
            return
        # A busy account has more than a page: another round for those that are behind.
        behind = behind and after is not None


service = Service(
    name="ledger",
    settings=LedgerSettings,
    sql=Path(__file__).parents[2] / "sql",
    routers=(
        ledger.accounts.router.router,
        ledger.transfers.router.router,
        ledger.scheduled_transfers.router.router,
        ledger.issuance.router.router,
        ledger.transparency.router.router,
        ledger.reservations.router.router,
        ledger.statements.router.router,
        ledger.statements.files.router.router,
        ledger.statements.orders.router.router,
        ledger.explanations.router.router,
        ledger.refused_attempts.router.router,
        ledger.fees.router.router,
        ledger.policies.router.router,
        ledger.gifts.router.router,
        ledger.groups.router.router,
        ledger.exchanges.router.router,
        ledger.escrow.router.router,
        ledger.monitors.router.router,
        ledger.reconciliation.router.router,
        ledger.reconciliation.deciding.router.router,
        ledger.reconciliation.trades.router.router,
        ledger.histories.router.router,
    ),
    express=(*ledger.transfers.router.express, *ledger.accounts.router.express),
    make_subscriptions=_subscriptions,
    make_timers=_timers,
    timers={EXPIRY: expire_reservations, GIFT_EXPIRY: expire_gifts},
    jobs=(
        Job(
            "transparency_sequence",
            SEQUENCE_SECONDS,
            lambda resources: _keeper(resources).sequence(),
        ),
        Job("transparency_sign", SIGN_SECONDS, lambda resources: _keeper(resources).sign()),
        Job("monitors", WATCH_SECONDS, _watch_balances),
        Job("fee_quotes", 600, _forget_quotes),
        Job("reconciliation_runs", RUNS_SECONDS, work_on_runs),
        Job("reconciliation_agreements", AGREEMENTS_SECONDS, work_on_agreements),
        *task_jobs({STATEMENT_KIND: STATEMENT}),
        Job("transparency_copy", COPY_SECONDS, lambda resources: _keeper(resources).copy()),
    ),
    resources=_open,
)
