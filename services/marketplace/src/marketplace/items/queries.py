"""Statements of items. Rows to write travel as one JSON document, so that many cost one trip."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.categories.models import Category
from marketplace.items.models import Filters, Item, ItemImage, Listing

SELECT_ITEM: Final = """
SELECT
    item.*, category.slug_path, category.names, member.display_name AS seller_name
FROM item
INNER JOIN category ON item.category_id = category.id
LEFT JOIN member ON item.seller_id = member.user_id
WHERE item.id = $1 AND item.community = $2
    AND (
        item.seller_id = $3 OR $4
        OR (item.status IN ('active', 'reserved', 'sold') AND NOT item.hidden)
    )
"""
HOLD_SHOWN: Final = f"{SELECT_ITEM}FOR SHARE OF item\n"
SELECT_SHOWN: Final = """
SELECT
    item.*, category.slug_path, category.names, member.display_name AS seller_name
FROM item
INNER JOIN category ON item.category_id = category.id
LEFT JOIN member ON item.seller_id = member.user_id
WHERE item.id = ANY($1::uuid []) AND item.community = $2
    AND item.status IN ('active', 'reserved', 'sold') AND NOT item.hidden
"""
LOCK_OWN: Final = """
SELECT item.*, category.slug_path, category.names
FROM item
INNER JOIN category ON item.category_id = category.id
WHERE item.id = $1 AND item.seller_id = $2
FOR NO KEY UPDATE OF item
"""
LOCK_ITEM: Final = """
SELECT item.*, category.slug_path, category.names
FROM item
INNER JOIN category ON item.category_id = category.id
WHERE item.id = $1
FOR NO KEY UPDATE OF item
"""
LOCK_IN_COMMUNITY: Final = """
SELECT item.*, category.slug_path, category.names
FROM item
INNER JOIN category ON item.category_id = category.id
WHERE item.id = $1 AND item.community = $2
FOR NO KEY UPDATE OF item
"""
LOCK_MANY: Final = "SELECT id FROM item WHERE id = ANY($1::uuid []) ORDER BY id FOR NO KEY UPDATE"
LOCK_TOLD: Final = """
SELECT item.*, category.slug_path, category.names
FROM item
INNER JOIN category ON item.category_id = category.id
WHERE item.id = ANY($1::uuid [])
ORDER BY item.id
FOR NO KEY UPDATE OF item
"""
LOCK_OFFERED: Final = """
SELECT item.*, category.slug_path, category.names
FROM item
INNER JOIN category ON item.category_id = category.id
WHERE item.seller_id = $1 AND item.status IN ('draft', 'active', 'reserved')
ORDER BY item.id LIMIT $2
FOR NO KEY UPDATE OF item
"""
FORGET_MEMBER: Final = "SELECT id FROM forget_member($1) AS said (id)"
LOCK_IMPORTED: Final = """
SELECT item.*, category.slug_path, category.names
FROM item
INNER JOIN category ON item.category_id = category.id
WHERE item.seller_id = $1 AND item.external_ref = ANY($2::text [])
ORDER BY item.id
FOR NO KEY UPDATE OF item
"""
SELECT_OWN_PAGE: Final = """
SELECT item.*, category.slug_path, category.names, member.display_name AS seller_name
FROM item
INNER JOIN category ON item.category_id = category.id
LEFT JOIN member ON item.seller_id = member.user_id
WHERE item.seller_id = $1 AND ($2::text IS NULL OR item.status = $2)
    AND ($3::text IS NULL OR item.kind = $3) AND ($4::text IS NULL OR item.pricing = $4)
    AND ($5::text IS NULL OR category.slug_path = $5 OR starts_with(category.slug_path, $5 || '/'))
    AND ($6::uuid IS NULL OR item.id < $6)
ORDER BY item.id DESC LIMIT $7
"""
SELECT_SHOWN_PAGE: Final = """
SELECT item.*, category.slug_path, category.names, member.display_name AS seller_name
FROM item
INNER JOIN category ON item.category_id = category.id
LEFT JOIN member ON item.seller_id = member.user_id
WHERE item.community = $1 AND item.status = 'active' AND NOT item.hidden
    AND ($3::text IS NULL OR item.kind = $3) AND ($4::text IS NULL OR item.pricing = $4)
    AND (
        $2::text IS NULL OR item.category_id IN (
            SELECT id FROM category
            WHERE slug_path = $2 OR starts_with(slug_path, $2 || '/')
        )
    )
    AND ($5::uuid IS NULL OR item.id < $5)
ORDER BY item.id DESC LIMIT $6
"""
LOCK_IN_SUBTREE: Final = """
SELECT item.*, category.slug_path, category.names
FROM item
INNER JOIN category ON item.category_id = category.id
WHERE item.id > $2 AND item.status IN ('active', 'reserved') AND item.category_id IN (
    SELECT below.id
    FROM category AS above
    INNER JOIN category AS below
        ON below.slug_path = above.slug_path
        OR starts_with(below.slug_path, above.slug_path || '/')
    WHERE above.id = $1
)
ORDER BY item.id LIMIT $3
FOR NO KEY UPDATE OF item
"""
INSERT_ITEMS: Final = """
INSERT INTO item (
    id, version, seller_id, community, external_ref, content_hash, status, title, description,
    category_id, kind, pricing, price_minor, asset, quantity, condition, brand, item_type, rating,
    neighbourhood, cell, wanted, accepts_gift_credits, hidden, created_at, changed_at
)
SELECT
    id, version, seller_id, community, external_ref, content_hash, status, title, description,
    category_id, kind, pricing, price_minor, asset, quantity, condition, brand, item_type, rating,
    neighbourhood, cell, wanted, accepts_gift_credits, hidden, created_at, changed_at
FROM jsonb_populate_recordset(NULL::item, $1)
ORDER BY external_ref
ON CONFLICT (seller_id, external_ref) WHERE external_ref IS NOT NULL DO NOTHING
RETURNING id
"""
UPDATE_ITEMS: Final = """
UPDATE item SET
    version = new.version, content_hash = new.content_hash, status = new.status,
    title = new.title, description = new.description, category_id = new.category_id,
    kind = new.kind, pricing = new.pricing, price_minor = new.price_minor, asset = new.asset,
    quantity = new.quantity, reserved = new.reserved, sold = new.sold, condition = new.condition,
    brand = new.brand, item_type = new.item_type, rating = new.rating,
    neighbourhood = new.neighbourhood, cell = new.cell, wanted = new.wanted,
    accepts_gift_credits = new.accepts_gift_credits, hidden = new.hidden,
    changed_at = new.changed_at
FROM jsonb_populate_recordset(NULL::item, $1) AS new
WHERE item.id = new.id
"""
ILLUSTRATE: Final = """
UPDATE item SET images = item_images(id), version = version + 1, changed_at = $2
WHERE id = $1 AND images IS DISTINCT FROM item_images(id)
RETURNING id
"""


def _item(row: Any) -> Item:
    listing = Listing(
        title=row["title"],
        description=row["description"],
        category=Category(row["category_id"], row["slug_path"], tuple(row["names"])),
        kind=row["kind"],
        pricing=row["pricing"],
        wanted=row["wanted"],
        accepts_gift_credits=row["accepts_gift_credits"],
        price_minor=row["price_minor"],
        asset=row["asset"],
        quantity=row["quantity"],
        condition=row["condition"],
        brand=row["brand"],
        item_type=row["item_type"],
        rating=row["rating"],
        neighbourhood=row["neighbourhood"],
        cell=row["cell"],
    )
    return Item(
        id=row["id"],
        version=row["version"],
        seller_id=row["seller_id"],
        community=row["community"],
        external_ref=row["external_ref"],
        content_hash=row["content_hash"],
        status=row["status"],
        hidden=row["hidden"],
        listing=listing,
        reserved=row["reserved"],
        sold=row["sold"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        images=tuple(ItemImage(**image) for image in row["images"]),
    )


def _row(item: Item) -> dict[str, Any]:
    said = item.listing
    price = said.price_minor
    return {
        "id": item.id,
        "version": item.version,
        "seller_id": item.seller_id,
        "community": item.community,
        "external_ref": item.external_ref,
        "content_hash": None if item.content_hash is None else f"\\x{item.content_hash.hex()}",
        "status": item.status,
        "title": said.title,
        "description": said.description,
        "category_id": said.category.id,
        "kind": said.kind,
        "pricing": said.pricing,
        "price_minor": None if price is None else str(price),
        "asset": said.asset,
        "quantity": said.quantity,
        "reserved": item.reserved,
        "sold": item.sold,
        "condition": said.condition,
        "brand": said.brand,
        "item_type": said.item_type,
        "rating": said.rating,
        "neighbourhood": said.neighbourhood,
        "cell": said.cell,
        "wanted": said.wanted,
        "accepts_gift_credits": said.accepts_gift_credits,
        "hidden": item.hidden,
        "created_at": item.created_at,
        "changed_at": item.changed_at,
    }


async def select_item(
    conn: Connection, item_id: UUID, community: str, viewer_id: UUID, *, sees_all: bool
) -> tuple[Item, str | None] | None:
    """An item and its seller's name, if the viewer may see it."""
    row = await conn.fetchrow(SELECT_ITEM, item_id, community, viewer_id, sees_all)
    return (_item(row), row["seller_name"]) if row else None


async def hold_shown(conn: Connection, item_id: UUID, community: str) -> Item | None:
    """An item that anybody may see; until the transaction ends it stays as it is."""
    row = await conn.fetchrow(HOLD_SHOWN, item_id, community, None, False)
    return _item(row) if row else None


async def select_shown(
    conn: Connection, item_ids: Iterable[UUID], community: str
) -> dict[UUID, tuple[Item, str | None]]:
    """Those of the items that anybody may see, with their sellers' names."""
    rows = await conn.fetch(SELECT_SHOWN, list(item_ids), community)
    return {row["id"]: (_item(row), row["seller_name"]) for row in rows}


async def lock_own(conn: Connection, item_id: UUID, seller_id: UUID) -> Item | None:
    """The seller's own item, locked."""
    row = await conn.fetchrow(LOCK_OWN, item_id, seller_id)
    return _item(row) if row else None


async def lock_in_community(conn: Connection, item_id: UUID, community: str) -> Item | None:
    """An item of a community, locked."""
    row = await conn.fetchrow(LOCK_IN_COMMUNITY, item_id, community)
    return _item(row) if row else None


async def lock_item(conn: Connection, item_id: UUID) -> Item:
    """An item that is known to be there, locked."""
    return _item(await conn.fetchrow(LOCK_ITEM, item_id))


async def lock_many(conn: Connection, item_ids: Iterable[UUID]) -> None:
    """Lock items in the order of their ids."""
    await conn.execute(LOCK_MANY, list(item_ids))


async def lock_told(conn: Connection, item_ids: Iterable[UUID]) -> list[Item]:
    """Those of some items that are there, locked in the order of their ids."""
    return [_item(row) for row in await conn.fetch(LOCK_TOLD, list(item_ids))]


async def lock_offered(conn: Connection, seller_id: UUID, limit: int) -> list[Item]:
    """Drafts and listings of a seller, locked in the order of their ids."""
    return [_item(row) for row in await conn.fetch(LOCK_OFFERED, seller_id, limit)]


async def forget_member(conn: Connection, user_id: UUID) -> list[UUID]:
    """Forget a person's words everywhere; the items of theirs that say something else now."""
    return [row["id"] for row in await conn.fetch(FORGET_MEMBER, user_id)]


async def lock_imported(
    conn: Connection, seller_id: UUID, references: Sequence[str]
) -> dict[str, Item]:
    """A seller's imported items by reference, locked in the order of their ids."""
    rows = await conn.fetch(LOCK_IMPORTED, seller_id, list(references))
    return {row["external_ref"]: _item(row) for row in rows}


async def select_own_page(
    conn: Connection,
    seller_id: UUID,
    wish: Filters,
    *,
    after: UUID | None,
    limit: int,
) -> list[tuple[Item, str | None]]:
    """A seller's items, newest first."""
    rows = await conn.fetch(
        SELECT_OWN_PAGE,
        seller_id,
        wish.status,
        wish.kind,
        wish.pricing,
        wish.slug_path,
        after,
        limit,
    )
    return [(_item(row), row["seller_name"]) for row in rows]


async def select_shown_page(
    conn: Connection, community: str, wish: Filters, *, after: UUID | None, limit: int
) -> list[tuple[Item, str | None]]:
    """Active items of a community, of a category's subtree if one is named, newest first."""
    rows = await conn.fetch(
        SELECT_SHOWN_PAGE, community, wish.slug_path, wish.kind, wish.pricing, after, limit
    )
    return [(_item(row), row["seller_name"]) for row in rows]


async def lock_in_subtree(
    conn: Connection, category_id: UUID, after: UUID, limit: int
) -> list[Item]:
    """Items that are shown below a category, in the order of their ids, locked."""
    rows = await conn.fetch(LOCK_IN_SUBTREE, category_id, after, limit)
    return [_item(row) for row in rows]


async def insert_items(conn: Connection, items: Sequence[Item]) -> set[UUID]:
    """Write new items; returns the ids of those whose reference was not taken."""
    rows = await conn.fetch(INSERT_ITEMS, [_row(item) for item in items])
    return {row["id"] for row in rows}


async def update_items(conn: Connection, items: Sequence[Item]) -> None:
    """Write changed items, which are locked."""
    await conn.execute(UPDATE_ITEMS, [_row(item) for item in items])


async def illustrate(conn: Connection, item_id: UUID, now: datetime) -> bool:
    """Write what a locked item shows; whether that changed."""
    return await conn.fetchval(ILLUSTRATE, item_id, now) is not None
