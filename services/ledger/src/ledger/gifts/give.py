"""Give credits."""

from datetime import datetime
from typing import Final

from chassis.database import Connection
from chassis.outbox import Cause, emit
from chassis.timers import set_timer
from contracts.ledger_accounts import GiftGiven
from ledger.gifts import queries
from ledger.gifts.lifecycle import begin
from ledger.gifts.models import Gift, Lot
from ledger.journal.models import Declined, Transfer
from ledger.journal.post import post_transfers
from ledger.journal.templates import pay

EXPIRY: Final = "gifts.expire"


async def give_gift(conn: Connection, gift: Gift, *, now: datetime) -> Lot | Declined:
    """Move credits from a MAIN account into somebody's GIFT account, as a lot of their own.

    A declined wish leaves nothing but a row of `refused_attempt`, so let the transaction commit
    and tell the problem after it.

    Args:
        conn: Open transaction; the caller commits.
        gift: From whom, for whom, how much, until when.
        now: The clock's time.

    Returns:
        The gift, or why there can be none: InsufficientFunds or another of `journal.errors`.

    Emits:
        GiftGiven on `ledger.gifts.v1`, keyed by account, and TransferPosted.

    Source:
        spec 1, gifts; docs/decisions/0021-gifts-are-lots.md
    """
    wanted = transfer_of(gift)
    [verdict] = await post_transfers(conn, [wanted], now=now)
    if isinstance(verdict, Declined):
        return verdict
    lot = begin(gift, now)
    await queries.insert_lot(conn, lot)
    if lot.expires_at:
        await set_timer(conn, EXPIRY, str(lot.id), lot.expires_at)
    _, received = verdict.entries
    said = {
        "account_id": lot.account_id,
        "account_seq": received.account_seq,
        "owner_id": gift.receiver.owner_id,
        "asset": lot.asset,
        "amount_minor": lot.amount_minor,
        "transfer_id": lot.moved_by,
        "gift_id": lot.id,
        "giver_id": gift.giver.owner_id,
        "memo": lot.memo,
        "expires_at": lot.expires_at,
    }
    await emit(conn, GiftGiven.model_validate(said))
    return lot


def transfer_of(gift: Gift) -> Transfer:
    """What the journal posts for a gift."""
    memo = {"memo": gift.memo} if gift.memo else {}
    expires = {"expires_at": gift.expires_at.isoformat()} if gift.expires_at else {}
    return Transfer(
        id=gift.transfer_id,
        kind="gift.give",
        movements=pay(gift.giver.id, gift.receiver.id, gift.receiver.asset, gift.amount_minor),
        initiated_by=gift.giver.owner_id,
        metadata={"gift_id": str(gift.transfer_id), **memo, **expires},
        cause=Cause.present(),
    )
