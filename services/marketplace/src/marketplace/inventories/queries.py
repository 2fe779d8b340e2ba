"""Statements of inventories."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from contracts.marketplace_inventories import InventoriedItem

SELECT_PAGE: Final = "SELECT id, version FROM item WHERE id > $1 ORDER BY id LIMIT $2"


async def select_page(conn: Connection, after: UUID, limit: int) -> tuple[InventoriedItem, ...]:
    """The next items in order of id, of every status and community."""
    rows = await conn.fetch(SELECT_PAGE, after, limit)
    return tuple(InventoriedItem(item_id=row["id"], version=row["version"]) for row in rows)
