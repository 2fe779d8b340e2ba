"""Let an item show the images that are on it."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from marketplace.items import queries
from marketplace.items.events import changed


async def illustrate_item(conn: Connection, item_id: UUID, *, now: datetime) -> None:
    """Write down on an item what is on it now; nothing happens where it says so already.

    Args:
        conn: Open transaction that holds the item's lock; the caller commits.
        item_id: Which item.
        now: When.

    Emits:
        ItemChanged on `marketplace.items.v1`, unless nothing changed.
    """
    if await queries.illustrate(conn, item_id, now):
        await emit(conn, changed(await queries.lock_item(conn, item_id)))
