"""Tell a page of the inventory."""

from datetime import datetime

from chassis.database import Connection
from chassis.outbox import emit
from contracts.marketplace_inventories import InventoryTold, TellInventory
from marketplace.inventories import queries


async def tell_inventory(conn: Connection, wanted: TellInventory, *, now: datetime) -> None:
    """Say which items there are behind one of them; nothing is locked.

    Args:
        conn: Open transaction that sees every community; the caller commits.
        wanted: Behind which, and how many.
        now: When.

    Emits:
        InventoryTold on `marketplace.inventories.v1`.
    """
    items = await queries.select_page(conn, wanted.after_id, wanted.limit)
    await emit(
        conn,
        InventoryTold(
            inventory_id=wanted.inventory_id,
            after_id=wanted.after_id,
            items=items,
            is_last=len(items) < wanted.limit,
            told_at=now,
        ),
    )
