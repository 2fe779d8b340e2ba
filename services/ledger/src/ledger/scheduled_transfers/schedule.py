"""Keep a transfer for later."""

from datetime import datetime
from typing import Final

from chassis.database import Connection
from chassis.outbox import emit
from chassis.timers import set_timer
from ledger.accounts.read import read_account
from ledger.journal.errors import AccountClosed
from ledger.journal.hold import hold_accounts
from ledger.reach import EVERYTHING
from ledger.scheduled_transfers import queries
from ledger.scheduled_transfers.errors import ScheduledTooFar, TooManyScheduled
from ledger.scheduled_transfers.lifecycle import begin, event_of
from ledger.scheduled_transfers.models import HORIZON, PENDING_MAX, Scheduled, Wanted

DUE: Final = "scheduled_transfers.due"


async def schedule_transfer(conn: Connection, wanted: Wanted, *, now: datetime) -> Scheduled:
    """Keep a transfer until its time; nothing moves before, and no money is set aside for it.

    The accounts are locked, so that neither is closed meanwhile, and so that what waits on one
    account is counted by one wish after another. The order of problems: too far, closed, too many.

    Args:
        conn: Open transaction; the caller commits.
        wanted: From where to where, how much, when.
        now: The clock's time.

    Raises:
        ScheduledTooFar: It lies beyond the horizon of 366 days.
        AccountClosed: One of the two is closed.
        TooManyScheduled: So many wait already.

    Emits:
        TransferScheduled on `ledger.scheduled_transfers.v1`, keyed by scheduled transfer.

    Source:
        docs/decisions/0022-transfers-for-later.md
    """
    if wanted.effective_at > now + HORIZON:
        latest = (now + HORIZON).isoformat()
        raise ScheduledTooFar(f"the latest that may be given is {latest}", latest=latest)
    sides = (wanted.from_account, wanted.to_account)
    await hold_accounts(conn, sides)
    for side in sides:
        if (await read_account(conn, side, reach=EVERYTHING)).closed:
            raise AccountClosed("nothing moves on a closed account", account_id=side)
    if await queries.count_pending(conn, wanted.owner_id, PENDING_MAX) >= PENDING_MAX:
        raise TooManyScheduled(f"{PENDING_MAX} wait already: cancel one", limit=PENDING_MAX)
    made = begin(wanted, now)
    await queries.insert_scheduled(conn, made)
    await set_timer(conn, DUE, str(made.id), made.effective_at)
    await emit(conn, event_of(made))
    return made
