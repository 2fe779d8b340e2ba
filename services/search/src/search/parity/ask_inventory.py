"""Ask the marketplace which items there are."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.marketplace_inventories import TellInventory
from search.parity import queries
from search.parity.models import NOWHERE

PAGE: Final = 500
#: An answer that takes longer was lost, or its question was.
PATIENCE: Final = timedelta(seconds=60)


async def ask_inventory(
    conn: Connection, *, inventory_id: UUID, now: datetime, size: int = PAGE
) -> bool:
    """Begin an inventory when it is time, and ask again for a page that did not come.

    Args:
        conn: Open transaction; the caller commits.
        inventory_id: Of a new one.
        now: The clock's time.
        size: Items in a page.

    Returns:
        Whether anything was asked.

    Emits:
        TellInventory on `marketplace.inventory_commands.v1`.
    """
    stand = await queries.take_inventory(conn)
    if stand is None:
        return False
    if stand.asked_at is None:
        if stand.next_at > now:
            return False
        stand = replace(stand, inventory_id=inventory_id, after_id=NOWHERE, items=0)
    elif now - stand.asked_at < PATIENCE:
        return False
    await queries.update_inventory(conn, replace(stand, asked_at=now))
    await emit(
        conn,
        TellInventory(inventory_id=stand.inventory_id, after_id=stand.after_id, limit=size),
    )
    return True
