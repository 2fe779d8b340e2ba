"""Spend gift credits."""

from datetime import datetime

from chassis.database import Connection
from chassis.outbox import Cause, emit
from contracts.ledger_accounts import GiftSpent
from ledger.gifts import queries
from ledger.gifts.errors import GiftsNotAccepted
from ledger.gifts.lifecycle import shortage, take
from ledger.gifts.models import LOTS_MAX, Spending
from ledger.journal.hold import hold_accounts
from ledger.journal.models import Declined, Posted, Transfer, Verdict
from ledger.journal.post import post_transfers
from ledger.journal.refuse import keep_refusals
from ledger.journal.templates import pay


async def spend_gifts(conn: Connection, wanted: Spending, *, now: datetime) -> Verdict:
    """Pay from a GIFT account an account that accepts gift credits, oldest end first.

    The account's lock is the lock of its lots: whoever changes any of them holds it. The order of
    problems: not accepted, not enough, then the journal's own. A declined wish leaves a row of
    `refused_attempt`, so let the transaction commit and tell the problem after it.

    Args:
        conn: Open transaction; the caller commits.
        wanted: From whom, to whom, how much.
        now: The clock's time.

    Returns:
        The transfer as posted, or why it was declined.

    Emits:
        GiftSpent on `ledger.gifts.v1`, keyed by account, and TransferPosted.

    Source:
        spec 1, gifts; docs/decisions/0021-gifts-are-lots.md
    """
    source, asset = wanted.source, wanted.source.asset
    await hold_accounts(conn, [source.id, wanted.payee.id])
    lots = await queries.select_open(conn, source.id, LOTS_MAX)
    transfer = Transfer(
        id=wanted.transfer_id,
        kind="gift.spend",
        movements=pay(source.id, wanted.payee.id, asset, wanted.amount_minor),
        initiated_by=wanted.spent_by,
        metadata={"memo": wanted.memo} if wanted.memo else {},
        cause=Cause.present(),
    )
    if not await queries.accepts_gifts(conn, wanted.payee.id):
        problem = GiftsNotAccepted("spend gift credits at an account that accepts them")
        return await _decline(conn, Declined(transfer, problem, wanted.payee.id, asset), now)
    if short := shortage(lots, wanted.amount_minor, now, asset=asset):
        return await _decline(conn, Declined(transfer, short[0], source.id, asset, *short[1:]), now)
    [verdict] = await post_transfers(conn, [transfer], now=now)
    if isinstance(verdict, Posted):
        await queries.update_lots(conn, take(lots, wanted.amount_minor, transfer.id, now))
        spent, _ = verdict.entries
        said = {
            "account_id": source.id,
            "account_seq": spent.account_seq,
            "owner_id": source.owner_id,
            "asset": asset,
            "amount_minor": wanted.amount_minor,
            "transfer_id": transfer.id,
            "to_account": wanted.payee.id,
        }
        await emit(conn, GiftSpent.model_validate(said))
    return verdict


async def _decline(conn: Connection, declined: Declined, now: datetime) -> Declined:
    await keep_refusals(conn, [declined], now=now)
    return declined
