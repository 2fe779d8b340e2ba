"""Let go what a reservation still holds."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.journal.models import Declined
from ledger.reservations.hold import hold_reservation
from ledger.reservations.lifecycle import release
from ledger.reservations.models import Reservation
from ledger.reservations.move import move_reservation


async def release_reservation(
    conn: Connection,
    reservation_id: UUID,
    *,
    transfer_id: UUID,
    now: datetime,
    released_by: UUID | None = None,
) -> Reservation | Declined:
    """Make what is still set aside available again.

    Args:
        conn: Open transaction; the caller commits.
        reservation_id: Which.
        transfer_id: UUIDv7, new for this wish.
        now: The clock's time.
        released_by: The person behind it; nobody for the system itself.

    Returns:
        The reservation, or why it may not change, such as AccountClosed.

    Raises:
        NoSuchReservation: There is none.
        ReservationOver: It was captured, released or has expired.
        ReservationDue: Its time is over: it expires by itself.

    Emits:
        ReservationReleased on `ledger.reservations.v1`, keyed by account, and TransferPosted.
    """
    held = await hold_reservation(conn, reservation_id)
    after = release(held, transfer_id, now)
    return await move_reservation(conn, held, after, now=now, initiated_by=released_by)
