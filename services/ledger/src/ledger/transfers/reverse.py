"""Reverse a transfer, whole or in part."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import Cause
from ledger.journal.errors import ReversalExceedsOriginal
from ledger.journal.hold import hold_accounts
from ledger.journal.models import Declined, Transfer, Verdict
from ledger.journal.post import post_transfers
from ledger.journal.refuse import keep_refusals
from ledger.reach import Reach
from ledger.text import read_amount
from ledger.transfers import queries
from ledger.transfers.corrections import decline_part, decline_reversal, plan_reversal
from ledger.transfers.errors import NoSuchTransfer
from ledger.transfers.models import Recorded, ReverseTransfer


async def reverse_transfer(
    conn: Connection,
    transfer_id: UUID,
    wish: ReverseTransfer,
    *,
    reversal: Transfer,
    reach: Reach,
    now: datetime,
) -> Verdict:
    """Give back what a transfer moved, by another transfer that links to it.

    The accounts of the original are locked before what was given back so far is read: two
    reversals at a time cannot both have the last of it. The order of problems: unknown, a reversal,
    of a process, a part of many, the amount's form, more than is left, then the journal's own.

    Args:
        conn: Open transaction; the caller commits, also when it is declined.
        transfer_id: What is reversed.
        wish: How much of it, and why.
        reversal: The reversal without its movements: id, who and cause.
        reach: Only if all its accounts are in it.
        now: The clock's time.

    Returns:
        The reversal as posted, or why it was declined, which is recorded.

    Raises:
        NoSuchTransfer: There is none to reverse.
        Malformed: The amount is none.

    Emits:
        TransferPosted on `ledger.transfers.v1`, keyed by the reversal.

    Source:
        docs/decisions/0016-time-without-rewriting.md
    """
    original = await queries.select_transfer(conn, transfer_id, reach)
    if original is None or not all(
        reach.covers(side.owner_id, side.community) for side in original.sides
    ):
        raise NoSuchTransfer("there is no transfer with this id")
    if problem := decline_reversal(original):
        return await _decline(conn, Declined(reversal, problem), now)
    part = None
    if wish.amount is not None:
        if problem := decline_part(original):
            return await _decline(conn, Declined(reversal, problem), now)
        part = read_amount(wish.amount, original.sides[0].asset)
    await hold_accounts(conn, [side.account_id for side in original.sides])
    movements = plan_reversal(original, await queries.select_reversed(conn, transfer_id), part)
    if isinstance(movements, ReversalExceedsOriginal):
        return await _decline(conn, _exceeding(reversal, original, movements), now)
    wanted = Transfer(
        id=reversal.id,
        kind=reversal.kind,
        movements=movements,
        initiated_by=reversal.initiated_by,
        reverses=transfer_id,
        metadata={"reason": wish.reason} if wish.reason else {},
        cause=reversal.cause,
    )
    [verdict] = await post_transfers(conn, [wanted], now=now)
    return verdict


def begin_reversal(reversal_id: UUID, operator: UUID) -> Transfer:
    """A reversal before its movements are known."""
    return Transfer(reversal_id, "reversal", (), initiated_by=operator, cause=Cause.present())


def _exceeding(
    reversal: Transfer, original: Recorded, problem: ReversalExceedsOriginal
) -> Declined:
    receiver = max(original.sides, key=lambda side: side.amount_minor)
    return Declined(
        reversal, problem, receiver.account_id, receiver.asset, abs(receiver.amount_minor)
    )


async def _decline(conn: Connection, declined: Declined, now: datetime) -> Declined:
    await keep_refusals(conn, [declined], now=now)
    return declined
