"""Gather items for a list of another slice."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.items import queries
from marketplace.items.views import ItemView, view_item


async def gather_items(
    conn: Connection, item_ids: Iterable[UUID], viewer: Caller
) -> dict[UUID, ItemView]:
    """Those of the items that are on show, by id.

    Args:
        conn: Any connection; nothing is written.
        item_ids: A page of them.
        viewer: Who looks, in which community.
    """
    found = await queries.select_shown(conn, item_ids, viewer.community)
    return {key: view_item(item, name, viewer.user_id) for key, (item, name) in found.items()}
