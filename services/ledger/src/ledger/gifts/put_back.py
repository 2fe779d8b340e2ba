"""Give gift credits back into the gifts that an escrow took them from."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.timers import set_timer
from contracts.ledger_accounts import GiftReturned
from ledger.accounts.models import Account
from ledger.gifts import queries
from ledger.gifts.give import EXPIRY
from ledger.gifts.lifecycle import put_back
from ledger.journal.models import Posted, Transfer, Verdict
from ledger.journal.post import post_transfers


async def put_gifts_back(
    conn: Connection,
    transfer: Transfer,
    purse: Account,
    amount_minor: int,
    *,
    taken_by: UUID,
    now: datetime,
) -> Verdict:
    """Post a transfer that refunds gifts: each has its own again, with its end.

    A gift whose time is over meanwhile is due at once: its timer returns it to its giver.

    Args:
        conn: Open transaction that holds the accounts of the transfer; the caller commits.
        transfer: Of kind `gift.refund` or `gift.split`.
        purse: The GIFT account.
        amount_minor: What the transfer brings back into it.
        taken_by: The transfer that funded the escrow.
        now: The clock's time.

    Returns:
        The transfer as posted, or why it was declined.

    Emits:
        GiftReturned on `ledger.gifts.v1`, keyed by account, and TransferPosted.

    Source:
        docs/decisions/0070-gifts-and-barter-are-trades.md
    """
    taken = await queries.select_taken(conn, taken_by)
    [verdict] = await post_transfers(conn, [transfer], now=now)
    if not isinstance(verdict, Posted):
        return verdict
    changed = put_back(taken, amount_minor, transfer.id, now)
    await queries.update_lots(conn, changed)
    for lot in changed:
        if lot.expires_at:
            await set_timer(conn, EXPIRY, str(lot.id), lot.expires_at)
    [returned] = [one for one in verdict.entries if one.account_id == purse.id]
    said = {
        "account_id": purse.id,
        "account_seq": returned.account_seq,
        "owner_id": purse.owner_id,
        "asset": purse.asset,
        "amount_minor": amount_minor,
        "transfer_id": transfer.id,
        "escrow_id": transfer.metadata["escrow_id"],
    }
    await emit(conn, GiftReturned.model_validate(said))
    return verdict
