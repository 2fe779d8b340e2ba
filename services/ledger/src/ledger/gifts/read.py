"""Read a gift."""

from uuid import UUID

from chassis.database import Connection
from ledger.gifts import queries
from ledger.gifts.errors import NoSuchGift
from ledger.gifts.models import Lot


async def read_gift(conn: Connection, gift_id: UUID, *, party: UUID | None) -> Lot:
    """A gift as it stands.

    Args:
        conn: Any connection.
        gift_id: Which.
        party: Only if they gave or received it; nothing for operators.

    Raises:
        NoSuchGift: There is none, or it concerns somebody else.
    """
    found = await queries.select_lot(conn, gift_id, party)
    if found is None:
        raise NoSuchGift("there is no gift with this id among those that you may see")
    return found
