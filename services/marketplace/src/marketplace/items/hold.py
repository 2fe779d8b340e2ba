"""Keep an item as it is for a moment."""

from uuid import UUID

from chassis.database import Connection
from marketplace.items import queries
from marketplace.items.errors import NoSuchItem
from marketplace.items.models import Item


async def hold_item(conn: Connection, item_id: UUID, community: str) -> Item:
    """An item on show, which nobody changes before the transaction ends.

    Args:
        conn: Open transaction.
        item_id: Which item.
        community: Where it is on show.

    Raises:
        NoSuchItem: There is none, or it is a draft, withdrawn or hidden.
    """
    item = await queries.hold_shown(conn, item_id, community)
    if item is None:
        raise NoSuchItem(item_id)
    return item
