"""Make wishes to give and to spend into gifts and spendings."""

from datetime import datetime, timedelta
from typing import overload
from uuid import UUID

from chassis.database import Connection
from chassis.problems import Malformed
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.find import find_account
from ledger.accounts.find_people import find_accounts_of_people
from ledger.accounts.models import Account
from ledger.gifts.errors import GiftToOneself, NotForGifts
from ledger.gifts.models import EXPIRES_WITHIN_DAYS_MAX, Gift, GiveGift, SpendGifts, Spending
from ledger.text import read_amount


@overload
async def prepare_gift(
    conn: Connection, wish: GiveGift, *, transfer_id: UUID, person: UUID, now: datetime
) -> Gift: ...


@overload
async def prepare_gift(
    conn: Connection, wish: SpendGifts, *, transfer_id: UUID, person: UUID, now: datetime
) -> Spending: ...


async def prepare_gift(
    conn: Connection,
    wish: GiveGift | SpendGifts,
    *,
    transfer_id: UUID,
    person: UUID,
    now: datetime,
) -> Gift | Spending:
    """Find the two accounts and check that this person may give, or spend, there.

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
    gives = isinstance(wish, GiveGift)
    source = await find_account(
        conn, field="from_account", account_id=wish.from_account, owner=person
    )
    _require(source, "from_account", "MAIN" if gives else "GIFT", wish.asset)
    destination = await _destination(conn, wish, "GIFT" if gives else "MAIN")
    if isinstance(wish, SpendGifts):
        return Spending(transfer_id, source, destination, amount_minor, wish.memo, person)
    if destination.owner_id == person:
        raise GiftToOneself("give it to somebody else")
    _check_end(wish.expires_at, now)
    return Gift(transfer_id, source, destination, amount_minor, wish.memo, wish.expires_at)


async def _destination(conn: Connection, wish: GiveGift | SpendGifts, wanted: str) -> Account:
    field = "to_account" if wish.to_account else "to_user"
    if wish.to_account:
        found: Account | None = await find_account(conn, field=field, account_id=wish.to_account)
    else:
        people = await find_accounts_of_people(conn, [wish.to_user] if wish.to_user else [])
        found = next(
            (one for one in people.values() if (one.type, one.asset) == (wanted, wish.asset)), None
        )
    if found is None:
        raise NoSuchAccount(f"{field} names no account that can be used here", field=field)
    _require(found, field, wanted, wish.asset)
    return found


def _require(account: Account, field: str, wanted: str, asset: str) -> None:
    if account.type != wanted:
        raise NotForGifts(f"{field} is of type {account.type}, not {wanted}", field=field)
    if account.asset != asset:
        raise NotForGifts(f"{field} holds {account.asset}, not {asset}", field=field)


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    latest = now + timedelta(days=EXPIRES_WITHIN_DAYS_MAX)
    if expires_at is None or now < expires_at <= latest:
        return
    message = f"lies after now and by {latest.isoformat()}"
    errors = [{"field": "expires_at", "rule": "range", "message": message}]
    raise Malformed(f"check expires_at: it {message}", errors=errors)
