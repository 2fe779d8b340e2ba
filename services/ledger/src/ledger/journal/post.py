"""Post transfers: lock, read, decide, write, all for a batch at once."""

import asyncio
import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from chassis.database import Connection
from chassis.failpoints import reach
from chassis.outbox import prepare_events, write_events
from contracts.ledger import TransferPosted
from ledger.journal import queries
from ledger.journal.errors import GroupRefused
from ledger.journal.lifecycle import decide
from ledger.journal.models import Declined, Posted, Transfer, Verdict

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
        TransferPosted on `ledger.transfers.v1`, keyed by transfer, for each that is posted.

    Source:
        docs/decisions/0008-posting-in-batches.md
    """
    if not wanted:
        return []
    ids = sorted({movement.account_id for one in wanted for movement in one.movements})
    positions = await queries.lock_accounts(conn, ids)
    await reach("journal.after_locks")
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
            events = prepare_events([(_event(one), one.transfer.cause) for one in written])
            if meanwhile:
                meanwhile(verdicts)
                meanwhile = None
        finally:
            await writing
        await reach("journal.after_postings")
        await write_events(conn, events)
    if meanwhile:
        meanwhile(verdicts)
    if declined:
        await queries.insert_refused_attempts(conn, declined, now)
    return verdicts


def _event(posted: Posted) -> TransferPosted:
    return TransferPosted.model_validate(
        {
            "transfer_id": posted.transfer.id,
            "kind": posted.transfer.kind,
            "effective_at": posted.effective_at,
            "posted_at": posted.posted_at,
            "reverses": posted.transfer.reverses,
            "entries": [
                {
                    "account_id": entry.account_id,
                    "account_seq": entry.account_seq,
                    "owner_id": entry.owner_id,
                    "account_type": entry.account_type,
                    "asset": entry.asset,
                    "amount_minor": entry.amount_minor,
                    "balance_after_minor": entry.balance_after_minor,
                    "held_minor": entry.held_minor,
                    "held_after_minor": entry.held_after_minor,
                }
                for entry in posted.entries
            ],
        }
    )
