"""Take an item out of sight, or put it back."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from marketplace.items import queries
from marketplace.items.errors import NoSuchItem
from marketplace.items.models import Item
from marketplace.items.write import write_items


async def hide_item(
    conn: Connection, item_id: UUID, community: str, *, hidden: bool | None, now: datetime
) -> tuple[Item, Item]:
    """Lock an item and set whether it is in sight; its trades go on.

    Args:
        conn: Open transaction that writes down the decision, too; the caller commits.
        item_id: Which item.
        community: Whose operators decide.
        hidden: What it is to be; None leaves it and only locks.
        now: When.

    Returns:
        The item before, and as it is now.

    Raises:
        NoSuchItem: There is none in the community.

    Emits:
        ItemChanged on `marketplace.items.v1` if anything is different now: a hidden item is
        withdrawn for whoever shows items.
    """
    item = await queries.lock_in_community(conn, item_id, community)
    if item is None:
        raise NoSuchItem(item_id)
    if hidden is None or hidden == item.hidden:
        return item, item
    changed = replace(item, hidden=hidden, version=item.version + 1, changed_at=now)
    await write_items(conn, [changed])
    return item, changed
