"""Find the accounts of a gift or a spending."""

from uuid import UUID

from chassis.database import Connection
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.find import find_account
from ledger.accounts.find_people import find_accounts_of_people
from ledger.accounts.models import Account
from ledger.gifts.errors import NotForGifts
from ledger.gifts.models import GiveGift, SpendGifts
from ledger.reach import Reach


async def find_sides(
    conn: Connection, wish: GiveGift | SpendGifts, *, person: UUID
) -> tuple[Account, Account]:
    """Find who pays and who receives: MAIN to GIFT when one gives, the other way to spend.

    Args:
        conn: Any connection: what is read never changes.
        wish: What the client wants.
        person: The account that pays must be theirs.

    Raises:
        NoSuchAccount: An account does not exist, or the first is somebody else's, or the other is
            of another community.
        NotForGifts: One of them is of the wrong type for its side, or holds another asset.
    """
    ours, theirs = ("MAIN", "GIFT") if isinstance(wish, GiveGift) else ("GIFT", "MAIN")
    source = await find_account(
        conn, field="from_account", account_id=wish.from_account, reach=Reach(person)
    )
    _require(source, "from_account", ours, wish.asset)
    return source, await _destination(conn, wish, theirs, source.community)


async def _destination(
    conn: Connection, wish: GiveGift | SpendGifts, wanted: str, community: str
) -> Account:
    field = "to_account" if wish.to_account else "to_user"
    if wish.to_account:
        found: Account | None = await find_account(conn, field=field, account_id=wish.to_account)
    else:
        people = await find_accounts_of_people(conn, [wish.to_user] if wish.to_user else [])
        found = next(
            (one for one in people.values() if (one.type, one.asset) == (wanted, wish.asset)), None
        )
    if found is None or found.community != community:
        raise NoSuchAccount(f"{field} names no account that can be used here", field=field)
    _require(found, field, wanted, wish.asset)
    return found


def _require(account: Account, field: str, wanted: str, asset: str) -> None:
    if account.type != wanted:
        raise NotForGifts(f"{field} is of type {account.type}, not {wanted}", field=field)
    if account.asset != asset:
        raise NotForGifts(f"{field} holds {account.asset}, not {asset}", field=field)
