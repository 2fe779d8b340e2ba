"""Items as the marketplace tells of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.marketplace import ItemChanged

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def make_item(title: str = "Bicycle", /, **changes: Any) -> ItemChanged:
    """An item that is on offer; later calls make later items."""
    facts: dict[str, Any] = {
        "item_id": uuid4(),
        "version": 1,
        "seller_id": UUID(int=1),
        "community": "riverside",
        "status": "active",
        "kind": "good",
        "title": title,
        "description": "",
        "category_path": ("Other",),
        "pricing": "credits",
        "price_minor": 60_00,
        "asset": "LXC",
        "quantity": 1,
        "condition": "good",
        "brand": None,
        "item_type": None,
        "rating": None,
        "neighbourhood": None,
        "cell_latitude": None,
        "cell_longitude": None,
        "image_urls": (),
        "created_at": NOON,
        "changed_at": NOON,
    }
    return ItemChanged(**(facts | changes))


def later(minutes: int) -> datetime:
    """Some minutes after noon."""
    return NOON + timedelta(minutes=minutes)
