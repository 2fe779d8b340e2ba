"""Change what is said of an item."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.preconditions import require_version
from marketplace.categories.find import find_category
from marketplace.items import queries
from marketplace.items.compose import compose, fields_of
from marketplace.items.errors import NoSuchItem
from marketplace.items.lifecycle import revise
from marketplace.items.models import Item
from marketplace.items.requests import ItemPatch
from marketplace.items.write import write_items


async def change_item(
    conn: Connection,
    item_id: UUID,
    seller_id: UUID,
    patch: ItemPatch,
    *,
    accepted: frozenset[int] | None,
    now: datetime,
) -> Item:
    """Change an item of the seller's own; sending what it says already changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        item_id: Which item.
        seller_id: Whose it must be.
        patch: The fields to change. A price goes away with the pricing that had it.
        accepted: Versions that the client has seen; None for any.
        now: When.

    Raises:
        NoSuchItem: The seller has no such item.
        StaleVersion: The client saw another version.
        UnknownCategory: The category is not in the tree.
        ListingMalformed: The fields do not go together.
        QuantityTaken: More pieces are promised than the new quantity.
        IllegalStatus: The status can't be reached from here.

    Emits:
        ItemChanged on `marketplace.items.v1`, unless nothing changed.
    """
    item = await queries.lock_own(conn, item_id, seller_id)
    if item is None:
        raise NoSuchItem(item_id)
    require_version(item.version, accepted)
    changes = patch.changes()
    wish = changes.pop("status", None)
    category = item.listing.category
    if "category" in changes:
        category = await find_category(conn, changes.pop("category"))
    fields = fields_of(item.listing)
    if changes.keys() & {"latitude", "longitude", "cell"}:
        fields["cell"] = None
    if changes.get("pricing", "credits") != "credits":
        fields |= {"price": None, "asset": None, "accepts_gift_credits": False}
    if changes.get("pricing", "barter") != "barter":
        fields["wanted"] = None
    revised = revise(item, compose(fields | changes, category), wish, now)
    if revised is not item:
        await write_items(conn, [revised])
    return revised
