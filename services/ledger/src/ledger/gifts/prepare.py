"""Make a wish to give into a gift."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from chassis.problems import Malformed
from ledger.gifts.errors import GiftToOneself
from ledger.gifts.find_sides import find_sides
from ledger.gifts.models import EXPIRES_WITHIN_DAYS_MAX, Gift, GiveGift
from ledger.text import read_amount


async def prepare_gift(
    conn: Connection, wish: GiveGift, *, transfer_id: UUID, person: UUID, now: datetime
) -> Gift:
    """Find the two accounts and check that this person may give there, and until when.

    Args:
        conn: Any connection: what is read never changes.
        wish: What the client wants.
        transfer_id: UUIDv7, new for this wish.
        person: The account that pays must be theirs.
        now: The clock's time.

    Raises:
        Malformed: The amount is none, the asset is unknown, or the end is past or too far.
        NoSuchAccount: An account does not exist, or the first is somebody else's.
        NotForGifts: One of them is of the wrong type for its side, or holds another asset.
        GiftToOneself: Both are the same person's.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    giver, receiver = await find_sides(conn, wish, person=person)
    if receiver.owner_id == person:
        raise GiftToOneself("give it to somebody else")
    _check_end(wish.expires_at, now)
    return Gift(transfer_id, giver, receiver, amount_minor, wish.memo, wish.expires_at)


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    latest = now + timedelta(days=EXPIRES_WITHIN_DAYS_MAX)
    if expires_at is None or now < expires_at <= latest:
        return
    message = f"lies after now and by {latest.isoformat()}"
    errors = [{"field": "expires_at", "rule": "range", "message": message}]
    raise Malformed(f"check expires_at: it {message}", errors=errors)
