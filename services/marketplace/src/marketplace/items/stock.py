"""Move pieces of an item between free, held by a trade, and sold."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.database import Connection
from marketplace.items import lifecycle, queries
from marketplace.items.errors import NotOnOffer, OutOfStock
from marketplace.items.models import Item
from marketplace.items.write import write_items


async def move_stock(
    conn: Connection,
    item_id: UUID,
    quantity: int,
    *,
    how: Literal["hold", "free", "sell"],
    now: datetime,
) -> Item:
    """Hold pieces for a trade, free them, or count them as sold. Locks the item.

    Args:
        conn: Open transaction that holds the trade's lock; the caller commits.
        item_id: Which item.
        quantity: How many pieces.
        how: `hold` needs an active item with as many pieces left; the others undo or end a hold.
        now: When.

    Returns:
        The item after it.

    Raises:
        NotOnOffer: The item is withdrawn, sold, hidden by an operator, or a draft.
        OutOfStock: Fewer pieces are left.

    Emits:
        ItemChanged on `marketplace.items.v1`.
    """
    item = await queries.lock_item(conn, item_id)
    if how == "hold":
        if item.hidden:
            raise NotOnOffer("hidden")
        if item.status not in ("active", "reserved"):
            raise NotOnOffer(item.status)
        if item.available < quantity:
            raise OutOfStock(item.available, quantity)
    moved = {"hold": lifecycle.hold, "free": lifecycle.free, "sell": lifecycle.sell}[how]
    after = moved(item, quantity, now)
    await write_items(conn, [after])
    return after
