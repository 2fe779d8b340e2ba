"""Lock an item of one's own before something beside it changes."""

from uuid import UUID

from chassis.database import Connection
from marketplace.items import queries
from marketplace.items.errors import NoSuchItem
from marketplace.items.models import Item


async def lock_own_item(conn: Connection, item_id: UUID, seller_id: UUID) -> Item:
    """Lock an item until the transaction ends.

    Args:
        conn: Open transaction.
        item_id: Which item.
        seller_id: Whose it must be.

    Raises:
        NoSuchItem: The seller has no such item.
    """
    item = await queries.lock_own(conn, item_id, seller_id)
    if item is None:
        raise NoSuchItem(item_id)
    return item
