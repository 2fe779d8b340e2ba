"""Write items and say so."""

from collections.abc import Sequence

from chassis.database import Connection
from chassis.outbox import emit
from marketplace.items import queries
from marketplace.items.events import changed
from marketplace.items.models import Item


async def write_items(conn: Connection, items: Sequence[Item]) -> None:
    """Write items that were locked and have changed, with their events.

    Args:
        conn: Open transaction that holds the items' locks; the caller commits.
        items: As they are now, each one version further.

    Emits:
        ItemChanged on `marketplace.items.v1` for each.
    """
    if items:
        await queries.update_items(conn, items)
        await emit(conn, *(changed(item) for item in items))
