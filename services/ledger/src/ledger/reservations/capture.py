"""Pay from a reservation, once or several times."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.journal.models import Declined
from ledger.reservations.hold import hold_reservation
from ledger.reservations.lifecycle import capture, payee_of
from ledger.reservations.models import Capture, Reservation
from ledger.reservations.move import move_reservation


async def capture_reservation(
    conn: Connection, reservation_id: UUID, wish: Capture, *, transfer_id: UUID, now: datetime
) -> Reservation | Declined:
    """Pay all or part of what is set aside; the last or `final` capture lets the rest go.

    Args:
        conn: Open transaction; the caller commits.
        reservation_id: Which.
        wish: How much, for whom.
        transfer_id: UUIDv7, new for this wish.
        now: The clock's time.

    Returns:
        The reservation, or why the money may not move, such as CeilingExceeded or AccountFrozen.

    Raises:
        NoSuchReservation: There is none.
        ReservationOver: It was captured, released or has expired.
        ReservationDue: Its time is over.
        OtherPayee: It is for another account.
        NotSoMuchReserved: Less is left.

    Emits:
        ReservationCaptured on `ledger.reservations.v1`, keyed by account, and TransferPosted.
    """
    held = await hold_reservation(conn, reservation_id)
    after = capture(held, wish, transfer_id, now)
    return await move_reservation(
        conn, held, after, now=now, payee=payee_of(held, wish), initiated_by=wish.captured_by
    )
