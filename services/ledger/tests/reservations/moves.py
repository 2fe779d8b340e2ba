"""Reservations over the books, as another slice would make them."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.timers import TimerWorker
from ledger.journal.models import Declined
from ledger.reservations.capture import capture_reservation
from ledger.reservations.expire import expire_reservations
from ledger.reservations.models import Capture, Reservation, Wanted
from ledger.reservations.move import EXPIRY
from ledger.reservations.release import release_reservation
from ledger.reservations.reserve import reserve_money
from services.ledger.tests.books import NOW, Books

HALF_AN_HOUR = timedelta(minutes=30)


async def try_to_reserve(
    books: Books,
    account_id: UUID,
    amount_minor: int,
    *,
    to_account: UUID | None = None,
    expires_at: datetime = NOW + HALF_AN_HOUR,
) -> Reservation | Declined:
    """Set money aside, or be told why not."""
    wanted = Wanted(new_id(), account_id, "LXC", amount_minor, expires_at, to_account)
    async with books.transaction() as conn:
        return await reserve_money(conn, wanted, transfer_id=new_id(), now=books.clock.now())


async def reserve(
    books: Books, account_id: UUID, amount_minor: int, expires_at: datetime = NOW + HALF_AN_HOUR
) -> Reservation:
    """Set money aside."""
    made = await try_to_reserve(books, account_id, amount_minor, expires_at=expires_at)
    assert isinstance(made, Reservation), made
    return made


async def capture(
    books: Books,
    reservation_id: UUID,
    amount_minor: int,
    to_account: UUID | None = None,
    *,
    final: bool = False,
) -> Reservation | Declined:
    """Pay from what is set aside."""
    wish = Capture(amount_minor, to_account, final)
    async with books.transaction() as conn:
        return await capture_reservation(
            conn, reservation_id, wish, transfer_id=new_id(), now=books.clock.now()
        )


async def release(books: Books, reservation_id: UUID) -> Reservation | Declined:
    """Let it go."""
    async with books.transaction() as conn:
        return await release_reservation(
            conn, reservation_id, transfer_id=new_id(), now=books.clock.now()
        )


def worker(books: Books, clock: Clock | None = None) -> TimerWorker:
    """What fires the timers of reservations."""
    return TimerWorker(books.database, clock or books.clock, {EXPIRY: expire_reservations})


async def figures(books: Books, account_id: UUID) -> tuple[int, int, int]:
    """Balance, held and available of an account."""
    [row] = await books.rows(
        "SELECT balance_minor, held_minor, available_minor FROM account_balances WHERE id = $1",
        account_id,
    )
    return row["balance_minor"], row["held_minor"], row["available_minor"]
