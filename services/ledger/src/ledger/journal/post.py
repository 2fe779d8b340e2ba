"""Post transfers: lock, read, decide, write, all for a batch at once."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from chassis.database import Connection
from chassis.failpoints import reach
from chassis.outbox import emit_each, prepare_events, write_events
from ledger.journal import queries
from ledger.journal.errors import GroupRefused
from ledger.journal.lifecycle import decide, posting_time
from ledger.journal.limits import soft_floor_crossings
from ledger.journal.models import Declined, Posted, Transfer, Verdict
from ledger.journal.write_event import write_event

#: Transfers in one statement, so that none runs into its time limit.
WRITTEN_MAX: Final = 1000


async def post_transfers(
    conn: Connection,
    wanted: Sequence[Transfer],
    *,
    now: datetime,
    meanwhile: Callable[[Sequence[Verdict]], None] | None = None,
) -> list[Verdict]:
    """Decide and write transfers in order; one that is declined harms no other.

    Accounts are locked in id order and read after that. A declined transfer leaves nothing but
    a row of `refused_attempt`, so let the transaction commit and tell the problem after it.

    Args:
        conn: Open transaction; the caller commits.
        wanted: At most some ten thousand; neighbours of one group are posted together or not.
        now: The clock's time.
        meanwhile: Told the verdicts while the database is writing: work that needs no database
            then costs no time under the locks.

    Returns:
        A verdict for each, in order.

    Emits:
        TransferPosted on `ledger.transfers.v1`, keyed by transfer, for each that is posted, and
        SoftFloorCrossed on `ledger.accounts.v1`, keyed by account, for each crossing.

    Source:
        docs/decisions/0008-posting-in-batches.md
    """
    if not wanted:
        return []
    ids = sorted({movement.account_id for one in wanted for movement in one.movements})
    positions = await queries.lock_accounts(conn, ids)
    await reach("journal.after_locks")
    if any(one.velocity for one in positions.values()):
        positions = await queries.add_outflows(conn, positions, posting_time(positions, now))
    verdicts = decide(positions, wanted, now)
    posted = [verdict for verdict in verdicts if isinstance(verdict, Posted)]
    declined = [
        verdict
        for verdict in verdicts
        if isinstance(verdict, Declined) and not isinstance(verdict.problem, GroupRefused)
    ]
    for written in itertools.batched(posted, WRITTEN_MAX, strict=False):
        writing = asyncio.create_task(queries.insert_postings(conn, written))
        try:
            # One turn of the loop sends the statement.
            await asyncio.sleep(0)
            events = prepare_events([(write_event(one), one.transfer.cause) for one in written])
            if meanwhile:
                meanwhile(verdicts)
                meanwhile = None
        finally:
            await writing
        await reach("journal.after_postings")
        await write_events(conn, events)
    await emit_each(conn, soft_floor_crossings(positions, posted))
    if meanwhile:
        meanwhile(verdicts)
    if declined:
        await queries.insert_refused_attempts(conn, declined, now)
    return verdicts
