"""Take a reservation in hand before it is moved."""

from uuid import UUID

from chassis.database import Connection
from chassis.timers import hold_timer
from ledger.reservations import queries
from ledger.reservations.errors import NoSuchReservation
from ledger.reservations.models import Reservation
from ledger.reservations.move import EXPIRY


async def hold_reservation(conn: Connection, reservation_id: UUID) -> Reservation:
    """Hold its timer, lock it, read it.

    The timer comes first, because the worker holds it when it comes to expire the reservation: in
    another order the two could wait for each other. It is not cancelled yet: were it gone, the next
    in line would have nothing to wait for, and would lock the reservation before a timer that is
    set meanwhile.

    Args:
        conn: Open transaction; the locks last until it ends.
        reservation_id: Which.

    Raises:
        NoSuchReservation: There is none.
    """
    await hold_timer(conn, EXPIRY, str(reservation_id))
    for held in await queries.lock_reservations(conn, [reservation_id]):
        return held
    raise NoSuchReservation("there is no reservation with this id")
