"""Show one item."""

from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.items import queries
from marketplace.items.errors import NoSuchItem
from marketplace.items.models import Item


async def show_item(conn: Connection, item_id: UUID, viewer: Caller) -> tuple[Item, str | None]:
    """An item that the viewer may see, and the seller's name.

    Args:
        conn: Any connection; nothing is written.
        item_id: Which item.
        viewer: Their own items are seen in every status; operators see all of the community.

    Raises:
        NoSuchItem: There is none, or it is a draft or withdrawn and not the viewer's.
    """
    found = await queries.select_item(
        conn,
        item_id,
        viewer.community,
        viewer.user_id,
        sees_all=viewer.has("OPERATOR", "ADMIN"),
    )
    if found is None:
        raise NoSuchItem(item_id)
    return found
