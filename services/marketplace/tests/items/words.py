"""A listing with every field said."""

from typing import Any, Final

FULL: Final[dict[str, Any]] = {
    "title": "  Road\u00a0bicycle  ",
    "description": "Two wheels.\r\nBell included.",
    "category": "Sports & Leisure > Bicycles",
    "kind": "good",
    "pricing": "credits",
    "price": "60.5",
    "asset": "LXC",
    "quantity": 2,
    "condition": "good",
    "neighbourhood": "Old Mill",
    "latitude": "12.9716312",
    "longitude": 77.5946,
    "brand": "Hero",
    "item_type": "Bicycle",
    "status": "active",
}
