"""Lock items before a batch of trades moves their stock."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from marketplace.items import queries


async def lock_items(conn: Connection, item_ids: Iterable[UUID]) -> None:
    """Lock items in the order of their ids, so that two batches never wait for each other.

    Args:
        conn: Open transaction; the locks last until it ends.
        item_ids: Which items.
    """
    await queries.lock_many(conn, item_ids)
