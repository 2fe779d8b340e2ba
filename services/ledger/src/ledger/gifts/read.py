"""Read a gift."""

from uuid import UUID

from chassis.database import Connection
from ledger.gifts import queries
from ledger.gifts.errors import NoSuchGift
from ledger.gifts.models import Lot
from ledger.reach import Reach


async def read_gift(conn: Connection, gift_id: UUID, *, reach: Reach) -> Lot:
    """A gift as it stands.

    Args:
        conn: Any connection.
        gift_id: Which.
        reach: Only if it was given or received in it.

    Raises:
        NoSuchGift: There is none, or it concerns somebody else.
    """
    found = await queries.select_lot(conn, gift_id, reach)
    if found is None:
        raise NoSuchGift("there is no gift with this id among those that you may see")
    return found
