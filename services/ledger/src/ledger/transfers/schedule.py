"""Keep a transfer for later."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import Cause, emit
from chassis.timers import set_timer
from ledger.accounts.read import read_account
from ledger.journal.errors import AccountClosed
from ledger.journal.hold import hold_accounts
from ledger.transfers import queries
from ledger.transfers.errors import NoQuoteForLater, ScheduledTooFar, TooManyScheduled
from ledger.transfers.models import SendMoney
from ledger.transfers.plan import Payment
from ledger.transfers.scheduled import HORIZON, PENDING_MAX, Scheduled, scheduled_event

DUE: Final = "transfers.scheduled"


async def schedule_transfer(
    conn: Connection,
    wish: SendMoney,
    payment: Payment,
    *,
    scheduled_id: UUID,
    owner: UUID,
    now: datetime,
) -> Scheduled:
    """Keep a transfer until its time; nothing moves before, and no money is set aside for it.

    The accounts are locked, so that neither is closed meanwhile, and so that what waits on one
    account is counted by one wish after another. The order of problems: too far, a quote,
    closed, too many.

    Args:
        conn: Open transaction; the caller commits.
        wish: What the client wants, with `effective_at` after now.
        payment: The wish as understood.
        scheduled_id: UUIDv7, new for this wish.
        owner: The person whose account it leaves.
        now: The clock's time.

    Raises:
        ScheduledTooFar: It lies beyond the horizon of 366 days.
        NoQuoteForLater: It has a quote, which would be over by then.
        AccountClosed: One of the two is closed.
        TooManyScheduled: So many wait already.

    Emits:
        TransferScheduled on `ledger.scheduled_transfers.v1`, keyed by scheduled transfer.

    Source:
        docs/decisions/0104-transfers-for-later.md
    """
    due = wish.effective_at or now
    if due > now + HORIZON:
        latest = (now + HORIZON).isoformat()
        raise ScheduledTooFar(f"the latest that may be given is {latest}", latest=latest)
    if wish.fee_quote:
        raise NoQuoteForLater("leave fee_quote out: it costs what is in force when it is due")
    source, destination = payment.source, payment.destination
    await hold_accounts(conn, [source.id, destination.id])
    for side in (source, destination):
        if (await read_account(conn, side.id, owner=None)).closed:
            raise AccountClosed("nothing moves on a closed account", account_id=side.id)
    if await queries.count_pending(conn, owner, PENDING_MAX) >= PENDING_MAX:
        raise TooManyScheduled(f"{PENDING_MAX} wait already: cancel one", limit=PENDING_MAX)
    made = Scheduled(
        id=scheduled_id,
        owner_id=owner,
        from_account=source.id,
        to_account=destination.id,
        asset=payment.asset,
        amount_minor=payment.price.amount_minor,
        memo=payment.memo,
        effective_at=due,
        state="PENDING",
        transfer_id=None,
        problem=None,
        detail=None,
        created_at=now,
        changed_at=now,
        version=1,
        correlation_id=Cause.present().correlation_id,
    )
    await queries.insert_scheduled(conn, made)
    await set_timer(conn, DUE, str(made.id), due)
    await emit(conn, scheduled_event(made))
    return made
