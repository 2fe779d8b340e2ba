"""Take gift credits for an escrow."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.ledger_accounts import GiftSpent
from ledger.accounts.models import Account
from ledger.gifts import queries
from ledger.gifts.lifecycle import shortage, take
from ledger.gifts.models import LOTS_MAX
from ledger.journal.models import Declined, Posted, Transfer, Verdict
from ledger.journal.post import post_transfers
from ledger.journal.refuse import keep_refusals


async def set_gifts_aside(
    conn: Connection,
    transfer: Transfer,
    purse: Account,
    amount_minor: int,
    *,
    into: UUID,
    now: datetime,
) -> Verdict:
    """Post a transfer that funds an escrow with gifts, first those that end first.

    A declined wish leaves a row of `refused_attempt`, so let the transaction commit.

    Args:
        conn: Open transaction that holds the accounts of the transfer; the caller commits.
        transfer: Of kind `gift.fund`.
        purse: The GIFT account.
        amount_minor: What the transfer takes from it.
        into: The ESCROW account.
        now: The clock's time.

    Returns:
        The transfer as posted, or why it was declined: NotEnoughGifts, or the journal's own.

    Emits:
        GiftSpent on `ledger.gifts.v1`, keyed by account, and TransferPosted.

    Source:
        docs/decisions/0070-gifts-and-barter-are-trades.md
    """
    lots = await queries.select_open(conn, purse.id, LOTS_MAX)
    if short := shortage(lots, amount_minor, now, asset=purse.asset):
        declined = Declined(transfer, short[0], purse.id, purse.asset, *short[1:])
        await keep_refusals(conn, [declined], now=now)
        return declined
    [verdict] = await post_transfers(conn, [transfer], now=now)
    if isinstance(verdict, Posted):
        await queries.update_lots(conn, take(lots, amount_minor, transfer.id, now))
        [spent] = [one for one in verdict.entries if one.account_id == purse.id]
        said = {
            "account_id": purse.id,
            "account_seq": spent.account_seq,
            "owner_id": purse.owner_id,
            "asset": purse.asset,
            "amount_minor": amount_minor,
            "transfer_id": transfer.id,
            "to_account": into,
        }
        await emit(conn, GiftSpent.model_validate(said))
    return verdict
