"""Make a client's wish into money that can be set aside."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.find import find_account
from ledger.reach import Reach
from ledger.reservations.errors import CannotBeReserved
from ledger.reservations.models import ReserveMoney, Wanted
from ledger.reservations.require_payee import require_payee
from ledger.text import read_amount


async def prepare_reservation(
    conn: Connection, wish: ReserveMoney, *, reservation_id: UUID, person: UUID, now: datetime
) -> Wanted:
    """Find the accounts and check that this person may reserve there.

    Args:
        conn: Any connection: what is read never changes.
        wish: What the client wants.
        reservation_id: UUIDv7, new for this wish.
        person: The account must be theirs.
        now: The clock's time.

    Raises:
        Malformed: The amount is none, or the asset is unknown.
        NoSuchAccount: An account does not exist, or the first is somebody else's.
        CannotBeReserved: One of them is no main account, or both are the same.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    own = Reach(person)
    source = await find_account(conn, field="account_id", account_id=wish.account_id, reach=own)
    if source.type != "MAIN":
        raise CannotBeReserved(f"account_id is of type {source.type}", field="account_id")
    if wish.to_account:
        await require_payee(conn, wish.to_account, source.id)
    return Wanted(
        id=reservation_id,
        account_id=source.id,
        asset=wish.asset,
        amount_minor=amount_minor,
        expires_at=now + timedelta(seconds=wish.expires_in_seconds),
        to_account=wish.to_account,
        memo=wish.memo,
        created_by=person,
    )
