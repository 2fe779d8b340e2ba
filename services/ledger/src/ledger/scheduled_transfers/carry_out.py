"""Carry out transfers whose time has come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import Cause, emit_each
from chassis.problems import Problem
from chassis.timers import set_timer, take_due_timers
from ledger.accounts.find_many import find_accounts
from ledger.accounts.models import Account
from ledger.fees.find_accounts import FeePlace, fee_places, find_fee_accounts
from ledger.fees.lifecycle import choose_schedule, price
from ledger.fees.load import load_schedules
from ledger.fees.models import Price
from ledger.journal.errors import problem_of
from ledger.journal.models import Declined, Transfer, Verdict
from ledger.journal.post import post_transfers
from ledger.journal.refuse import keep_refusals
from ledger.journal.templates import pay
from ledger.scheduled_transfers import queries
from ledger.scheduled_transfers.lifecycle import event_of, settle
from ledger.scheduled_transfers.models import Scheduled
from ledger.scheduled_transfers.schedule import DUE

BATCH_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class CarryOut:
    """The handler of the timer: `fee_bps` prices what no schedule does."""

    fee_bps: int

    async def __call__(self, conn: Connection, key: str, now: datetime) -> None:
        """Carry out what is due, as `carry_out_transfers` says."""
        await carry_out_transfers(conn, key, now, fee_bps=self.fee_bps)


async def carry_out_transfers(conn: Connection, key: str, now: datetime, *, fee_bps: int) -> None:
    """Post all transfers for later that are due, a batch at a time, each exactly once.

    The timer, the row and the transfer are one transaction: a worker that dies in it has done
    nothing, and the next one finds the timer. What the journal declines is kept as failed, and not
    tried again. When the database refuses the batch, the transfer of this timer is done alone, so
    that one fault stops no other.

    Args:
        conn: Open transaction in which the timer was taken; the caller commits.
        key: The id of the scheduled transfer that set it off.
        now: The clock's time.
        fee_bps: The platform's share, where no fee schedule is in force.

    Emits:
        ScheduledTransferPosted or ScheduledTransferFailed on `ledger.scheduled_transfers.v1`, and
        TransferPosted for what is posted.

    Source:
        docs/decisions/0022-transfers-for-later.md
    """
    try:
        # A savepoint: what it undoes gives the other timers back.
        async with conn.transaction():
            others = await take_due_timers(conn, DUE, now, BATCH_MAX - 1)
            await _carry_out(conn, [key, *others], now, fee_bps)
    except Exception as error:
        if problem_of(error) is None:
            raise
        await _alone(conn, key, now, fee_bps)


async def _alone(conn: Connection, key: str, now: datetime, fee_bps: int) -> None:
    """One by itself: what the database refuses is kept as failed, as what the journal declines."""
    try:
        async with conn.transaction():
            await _carry_out(conn, [key], now, fee_bps)
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        [found] = await queries.lock_scheduled(conn, [UUID(key)])
        attempt = Transfer(new_id(), "transfer", (), initiated_by=found.owner_id)
        declined = Declined(attempt, problem, found.from_account, found.asset)
        await keep_refusals(conn, [declined], now=now)
        await _settle(conn, [settle(found, problem, now)])


async def _carry_out(conn: Connection, keys: Sequence[str], now: datetime, fee_bps: int) -> None:
    due: list[Scheduled] = []
    for found in await queries.lock_scheduled(conn, [UUID(key) for key in keys]):
        if found.state != "PENDING":
            continue
        if found.effective_at > now:
            await set_timer(conn, DUE, str(found.id), found.effective_at)
        else:
            due.append(found)
    # In the order in which they were to be, so that what comes first is paid first.
    due.sort(key=lambda one: (one.effective_at, one.id))
    wanted = await _transfers_of(conn, due, now, fee_bps)
    verdicts = await post_transfers(conn, wanted, now=now)
    await _settle(
        conn,
        [settle(one, _outcome(v), now) for one, v in zip(due, verdicts, strict=True)],
    )


def _outcome(verdict: Verdict) -> UUID | Problem:
    return verdict.problem if isinstance(verdict, Declined) else verdict.transfer.id


async def _settle(conn: Connection, settled: Sequence[Scheduled]) -> None:
    await queries.update_scheduled(conn, settled)
    await emit_each(conn, [(event_of(one), _cause(one)) for one in settled])


def _cause(found: Scheduled) -> Cause:
    """The request that asked for it, days ago perhaps."""
    return replace(Cause.present(), correlation_id=found.correlation_id)


async def _transfers_of(
    conn: Connection, due: Sequence[Scheduled], now: datetime, fee_bps: int
) -> list[Transfer]:
    """What each means now: accounts never change, prices do."""
    if not due:
        return []
    ids = [account for one in due for account in (one.from_account, one.to_account)]
    accounts = (await find_accounts(conn, ids, [])).accounts
    schedules = await load_schedules(conn, at=now)
    prices = [
        price(
            one.amount_minor,
            choose_schedule(
                schedules,
                "transfer",
                asset=one.asset,
                community=accounts[one.from_account].community,
                at=now,
                fee_bps=fee_bps,
            ),
        )
        for one in due
    ]
    places = [
        place
        for one, costs in zip(due, prices, strict=True)
        for place in fee_places(accounts[one.from_account].community, one.asset, costs)
    ]
    takers = await find_fee_accounts(conn, places, now=now)
    return [
        _transfer_of(one, accounts[one.from_account], costs, takers)
        for one, costs in zip(due, prices, strict=True)
    ]


def _transfer_of(
    found: Scheduled, source: Account, costs: Price, takers: Mapping[FeePlace, Account]
) -> Transfer:
    fees = [
        (takers[source.community, found.asset, fee.tier].id, fee.amount_minor) for fee in costs.fees
    ]
    memo = {"memo": found.memo} if found.memo else {}
    return Transfer(
        id=new_id(),
        kind="transfer",
        movements=pay(source.id, found.to_account, found.asset, found.amount_minor, fees),
        initiated_by=found.owner_id,
        effective_at=found.effective_at,
        metadata={"scheduled_transfer_id": str(found.id), **memo, **costs.metadata()},
        cause=_cause(found),
    )
