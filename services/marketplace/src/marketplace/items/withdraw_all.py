"""Withdraw all that somebody offers."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from marketplace.items import queries
from marketplace.items.lifecycle import revise
from marketplace.items.write import write_items

PAGE: Final = 200


async def withdraw_all(conn: Connection, seller_id: UUID, *, now: datetime) -> int:
    """Withdraw the drafts and listings of a seller who left, a page at a time.

    Args:
        conn: Open transaction; the caller commits.
        seller_id: Whose.
        now: When.

    Returns:
        How many; none on a repeat.

    Emits:
        ItemChanged on `marketplace.items.v1` for each, so that search drops it.
    """
    count = 0
    while page := await queries.lock_offered(conn, seller_id, PAGE):
        await write_items(conn, [revise(item, item.listing, "withdrawn", now) for item in page])
        count += len(page)
    return count
