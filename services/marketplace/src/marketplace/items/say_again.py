"""Say again what items are."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from marketplace.items import queries
from marketplace.items.events import changed


async def say_again(conn: Connection, item_ids: Iterable[UUID]) -> int:
    """Tell of items as they are, with their versions: whoever knows them learns nothing new.

    Locks the items, so that nothing older is said behind something newer.

    Args:
        conn: Open transaction; the caller commits.
        item_ids: Which items; those that are not there are passed over.

    Returns:
        How many were told of.

    Emits:
        ItemChanged on `marketplace.items.v1`.
    """
    items = await queries.lock_told(conn, item_ids)
    await emit(conn, *map(changed, items))
    return len(items)
