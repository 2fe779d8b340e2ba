"""Return what is left of gifts whose time is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import Cause, emit
from chassis.timers import set_timer, work_together
from contracts.ledger_accounts import GiftExpired
from ledger.gifts import queries
from ledger.gifts.give import EXPIRY
from ledger.gifts.lifecycle import expire
from ledger.gifts.models import Lot
from ledger.journal.hold import hold_accounts
from ledger.journal.models import Declined, Posted, Transfer
from ledger.journal.post import post_transfers
from ledger.journal.templates import pay

BATCH_MAX: Final = 100


async def expire_gifts(conn: Connection, key: str, now: datetime) -> None:
    """Give what is left of all gifts that are due back to their givers, a batch at a time.

    A gift that was spent is left alone. When the batch cannot be done, the gift of this timer is
    done alone, so that one fault stops no other.

    Args:
        conn: Open transaction in which the timer was taken; the caller commits.
        key: The id of the gift that set it off.
        now: The clock's time.

    Raises:
        Problem: The journal refused it, such as AccountFrozen: tried again later.

    Emits:
        GiftExpired on `ledger.gifts.v1`, keyed by account, and TransferPosted.
    """
    await work_together(
        conn, EXPIRY, key, now, limit=BATCH_MAX, work=lambda keys: _expire(conn, keys, now)
    )


async def _expire(conn: Connection, keys: Sequence[str], now: datetime) -> None:
    ids = [UUID(key) for key in keys]
    found = await queries.select_lots(conn, ids)
    await hold_accounts(conn, [one for lot in found for one in (lot.account_id, lot.giver_account)])
    ended: list[tuple[Lot, Lot]] = []
    # Read again: before the lock they could be old.
    for lot in await queries.select_lots(conn, ids):
        if after := expire(lot, new_id(), now):
            ended.append((lot, after))
        elif lot.state == "OPEN" and lot.expires_at:
            await set_timer(conn, EXPIRY, str(lot.id), lot.expires_at)
    wanted = [_transfer_of(lot, after) for lot, after in ended]
    events = []
    verdicts = await post_transfers(conn, wanted, now=now)
    for (lot, _), verdict in zip(ended, verdicts, strict=True):
        if isinstance(verdict, Declined):
            raise verdict.problem
        events.append(_event_of(lot, verdict))
    await queries.update_lots(conn, [after for _, after in ended])
    await emit(conn, *events)


def _transfer_of(lot: Lot, after: Lot) -> Transfer:
    memo = {"memo": lot.memo} if lot.memo else {}
    return Transfer(
        id=after.moved_by,
        kind="gift.expire",
        movements=pay(lot.account_id, lot.giver_account, lot.asset, lot.remaining_minor),
        metadata={"gift_id": str(lot.id), **memo},
        cause=Cause.present(),
    )


def _event_of(lot: Lot, posted: Posted) -> GiftExpired:
    left, returned = posted.entries
    said = {
        "account_id": lot.account_id,
        "account_seq": left.account_seq,
        "owner_id": left.owner_id,
        "asset": lot.asset,
        "amount_minor": lot.remaining_minor,
        "transfer_id": posted.transfer.id,
        "gift_id": lot.id,
        "giver_id": returned.owner_id,
    }
    return GiftExpired.model_validate(said)
