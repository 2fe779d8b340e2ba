"""Read a reservation."""

from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.reservations import queries
from ledger.reservations.errors import NoSuchReservation
from ledger.reservations.models import Reservation


async def read_reservation(conn: Connection, reservation_id: UUID, *, reach: Reach) -> Reservation:
    """A reservation as it stands.

    Args:
        conn: Any connection.
        reservation_id: Which.
        reach: Only if the money is in it.

    Raises:
        NoSuchReservation: There is none, or it is somebody else's.
    """
    found = await queries.select_reservation(conn, reservation_id, reach)
    if found is None:
        raise NoSuchReservation("there is no reservation with this id among those you may see")
    return found
