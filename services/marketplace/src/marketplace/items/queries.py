"""Statements of items. Rows to write travel as one JSON document, so that many cost one trip."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.categories.models import Category
from marketplace.items.models import Item, Listing

SELECT_ITEM: Final = """
SELECT
    item.*, category.slug_path, category.names, member.display_name AS seller_name
FROM item
INNER JOIN category ON item.category_id = category.id
LEFT JOIN member ON item.seller_id = member.user_id
WHERE item.id = $1 AND item.community = $2
    AND (item.seller_id = $3 OR item.status IN ('active', 'reserved', 'sold') OR $4)
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
LOCK_MANY: Final = "SELECT id FROM item WHERE id = ANY($1::uuid []) ORDER BY id FOR NO KEY UPDATE"
LOCK_TOLD: Final = """
SELECT item.*, category.slug_path, category.names
FROM item
INNER JOIN category ON item.category_id = category.id
WHERE item.id = ANY($1::uuid [])
ORDER BY item.id
FOR NO KEY UPDATE OF item
"""
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
    AND ($3::uuid IS NULL OR item.id < $3)
ORDER BY item.id DESC LIMIT $4
"""
SELECT_SHOWN_PAGE: Final = """
SELECT item.*, category.slug_path, category.names, member.display_name AS seller_name
FROM item
INNER JOIN category ON item.category_id = category.id
LEFT JOIN member ON item.seller_id = member.user_id
WHERE item.community = $1 AND item.status = 'active'
    AND (
        $2::text IS NULL OR item.category_id IN (
            SELECT id FROM category
            WHERE slug_path = $2 OR starts_with(slug_path, $2 || '/')
        )
    )
    AND ($3::uuid IS NULL OR item.id < $3)
ORDER BY item.id DESC LIMIT $4
"""
INSERT_ITEMS: Final = """
INSERT INTO item (
    id, version, seller_id, community, external_ref, content_hash, status, title, description,
    category_id, kind, pricing, price_minor, asset, quantity, condition, brand, item_type, rating,
    neighbourhood, latitude, longitude, created_at, changed_at
)
SELECT
    id, version, seller_id, community, external_ref, content_hash, status, title, description,
    category_id, kind, pricing, price_minor, asset, quantity, condition, brand, item_type, rating,
    neighbourhood, latitude, longitude, created_at, changed_at
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
    neighbourhood = new.neighbourhood, latitude = new.latitude, longitude = new.longitude,
    changed_at = new.changed_at
FROM jsonb_populate_recordset(NULL::item, $1) AS new
WHERE item.id = new.id
"""


def _item(row: Any) -> Item:
    listing = Listing(
        title=row["title"],
        description=row["description"],
        category=Category(row["category_id"], row["slug_path"], tuple(row["names"])),
        kind=row["kind"],
        pricing=row["pricing"],
        price_minor=row["price_minor"],
        asset=row["asset"],
        quantity=row["quantity"],
        condition=row["condition"],
        brand=row["brand"],
        item_type=row["item_type"],
        rating=row["rating"],
        neighbourhood=row["neighbourhood"],
        latitude=row["latitude"],
        longitude=row["longitude"],
    )
    return Item(
        id=row["id"],
        version=row["version"],
        seller_id=row["seller_id"],
        community=row["community"],
        external_ref=row["external_ref"],
        content_hash=row["content_hash"],
        status=row["status"],
        listing=listing,
        reserved=row["reserved"],
        sold=row["sold"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
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
        "latitude": said.latitude,
        "longitude": said.longitude,
        "created_at": item.created_at,
        "changed_at": item.changed_at,
    }


async def select_item(
    conn: Connection, item_id: UUID, community: str, viewer_id: UUID, *, sees_all: bool
) -> tuple[Item, str | None] | None:
    """An item and its seller's name, if the viewer may see it."""
    row = await conn.fetchrow(SELECT_ITEM, item_id, community, viewer_id, sees_all)
    return (_item(row), row["seller_name"]) if row else None


async def lock_own(conn: Connection, item_id: UUID, seller_id: UUID) -> Item | None:
    """The seller's own item, locked."""
    row = await conn.fetchrow(LOCK_OWN, item_id, seller_id)
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


async def lock_imported(
    conn: Connection, seller_id: UUID, references: Sequence[str]
) -> dict[str, Item]:
    """A seller's imported items by reference, locked in the order of their ids."""
    rows = await conn.fetch(LOCK_IMPORTED, seller_id, list(references))
    return {row["external_ref"]: _item(row) for row in rows}


async def select_own_page(
    conn: Connection, seller_id: UUID, status: str | None, after: UUID | None, limit: int
) -> list[tuple[Item, str | None]]:
    """A seller's items, newest first."""
    rows = await conn.fetch(SELECT_OWN_PAGE, seller_id, status, after, limit)
    return [(_item(row), row["seller_name"]) for row in rows]


async def select_shown_page(
    conn: Connection, community: str, slug_path: str | None, after: UUID | None, limit: int
) -> list[tuple[Item, str | None]]:
    """Active items of a community, of a category's subtree if one is named, newest first."""
    rows = await conn.fetch(SELECT_SHOWN_PAGE, community, slug_path, after, limit)
    return [(_item(row), row["seller_name"]) for row in rows]


async def insert_items(conn: Connection, items: Sequence[Item]) -> set[UUID]:
    """Write new items; returns the ids of those whose reference was not taken."""
    rows = await conn.fetch(INSERT_ITEMS, [_row(item) for item in items])
    return {row["id"] for row in rows}


async def update_items(conn: Connection, items: Sequence[Item]) -> None:
    """Write changed items, which are locked."""
    await conn.execute(UPDATE_ITEMS, [_row(item) for item in items])
