"""From an event to a document. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from contracts.marketplace import ItemChanged
from contracts.money import SCALES
from search.indexing.mapping import ADDED_PROPERTIES
from search.sellers.models import SellerRating

#: A reserved item may come back, so it keeps its content; searches ask for `active`.
LIVE: Final = frozenset({"active", "reserved"})
PRICE_DIGITS: Final = 38
SEPARATOR: Final = " > "
#: Of a description, what its vector is made of.
TELLING_LETTERS: Final = 200

#: Upper borders of the price bands in whole units, and their names.
BANDS: Final = (
    (10, "under-10"),
    (50, "10-50"),
    (100, "50-100"),
    (500, "100-500"),
    (1000, "500-1000"),
)
LAST_BAND: Final = "1000-up"


def sortable_price(minor: int) -> str:
    """Minor units as text that sorts as the number does."""
    return str(minor).rjust(PRICE_DIGITS, "0")


def price_band(minor: int, asset: str) -> str:
    """The facet value of a price."""
    whole = minor // 10 ** SCALES.get(asset, 0)
    return next((name for border, name in BANDS if whole < border), LAST_BAND)


def category_levels(path: tuple[str, ...]) -> list[str]:
    """Every level of a category, each with its way down: `Home`, `Home > Kitchen`."""
    return [SEPARATOR.join(path[: depth + 1]) for depth in range(len(path))]


def document_of(item: ItemChanged) -> dict[str, Any]:
    """The document for an item: whole when it is live, a tombstone when it is not."""
    if item.status not in LIVE:
        return {
            "item_id": str(item.item_id),
            "version": item.version,
            "deleted": True,
            "status": item.status,
            "community": item.community,
        }
    document: dict[str, Any] = {
        "item_id": str(item.item_id),
        "version": item.version,
        "deleted": False,
        "seller_id": str(item.seller_id),
        "community": item.community,
        "status": item.status,
        "kind": item.kind,
        "title": item.title,
        "description": item.description,
        "category": SEPARATOR.join(item.category_path),
        "category_path": category_levels(item.category_path),
        "pricing": item.pricing,
        "quantity": item.quantity,
        "condition": item.condition,
        "brand": item.brand,
        "item_type": item.item_type,
        "neighbourhood": item.neighbourhood,
        "image_urls": list(item.image_urls),
        "created_at": item.created_at.isoformat(),
        "changed_at": item.changed_at.isoformat(),
        **_price_fields(item),
        **_rating_fields(item),
        **_place_fields(item),
    }
    return {name: value for name, value in document.items() if value not in (None, [])}


def told_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a document says of its item, without its vector and what it says of the seller."""
    return {name: value for name, value in document.items() if name not in ADDED_PROPERTIES}


def with_rating(document: Mapping[str, Any], rating: SellerRating | None) -> dict[str, Any]:
    """A document with its seller's rating, whatever it had; a tombstone has none."""
    if rating is None or document["deleted"]:
        return told_in(document)
    return told_in(document) | {
        "seller_rating_hundredths": rating.hundredths,
        "seller_rating_count": rating.count,
    }


def telling_texts(document: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """What tells what an item is about, each text with its weight."""
    return (
        (document.get("title", ""), 2),
        (document.get("item_type", ""), 2),
        (document.get("category", ""), 1),
        (document.get("brand", ""), 1),
        (document.get("description", "")[:TELLING_LETTERS], 1),
    )


def _price_fields(item: ItemChanged) -> dict[str, Any]:
    if item.pricing == "gift":
        return {"price_minor": sortable_price(0)}
    if item.price_minor is None or item.asset is None or item.price_minor < 0:
        return {}
    return {
        "price_minor": sortable_price(item.price_minor),
        "price_band": price_band(item.price_minor, item.asset),
        "asset": item.asset,
    }


def _rating_fields(item: ItemChanged) -> dict[str, Any]:
    if item.rating is None:
        return {}
    return {"rating": item.rating, "rating_hundredths": int(Decimal(item.rating) * 100)}


def _place_fields(item: ItemChanged) -> dict[str, Any]:
    if item.cell_latitude is None or item.cell_longitude is None:
        return {}
    return {"cell": f"{item.cell_latitude},{item.cell_longitude}"}
