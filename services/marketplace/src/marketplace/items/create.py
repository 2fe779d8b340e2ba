"""Offer something."""

from datetime import datetime

from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.tokens import Caller
from marketplace.categories.find import find_category
from marketplace.items import queries
from marketplace.items.compose import compose
from marketplace.items.events import changed
from marketplace.items.models import Item
from marketplace.items.requests import ItemBody


async def create_item(conn: Connection, seller: Caller, body: ItemBody, *, now: datetime) -> Item:
    """Create an item of the seller's, as a draft or on offer at once.

    Args:
        conn: Open transaction; the caller commits.
        seller: Whose it is, and in which community.
        body: What is said of it.
        now: When.

    Raises:
        UnknownCategory: The category is not in the tree.
        ListingMalformed: The fields do not go together.

    Emits:
        ItemChanged on `marketplace.items.v1`.
    """
    category = await find_category(conn, body.category)
    item = Item(
        id=new_id(),
        version=1,
        seller_id=seller.user_id,
        community=seller.community,
        external_ref=None,
        content_hash=None,
        status=body.status,
        hidden=False,
        listing=compose(dict(body), category),
        reserved=0,
        sold=0,
        created_at=now,
        changed_at=now,
    )
    await queries.insert_items(conn, [item])
    await emit(conn, changed(item))
    return item
