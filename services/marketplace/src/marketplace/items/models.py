"""Words of items."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from contracts.marketplace import Condition, ItemKind, ItemStatus, Pricing
from marketplace.categories.models import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the seller says of an item."""

    title: str
    description: str
    category: Category
    kind: ItemKind
    pricing: Pricing
    wanted: str | None
    accepts_gift_credits: bool
    price_minor: int | None
    asset: str | None
    quantity: int
    condition: Condition | None
    brand: str | None
    item_type: str | None
    rating: Decimal | None
    neighbourhood: str | None
    cell: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemImage:
    """An image that an item shows."""

    id: str
    hash: str
    color: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as it stands: the listing, its status and its stock.

    `hidden` is the operators': for others than its seller the item is not there.
    """

    id: UUID
    version: int
    seller_id: UUID
    community: str
    external_ref: str | None
    content_hash: bytes | None
    status: ItemStatus
    hidden: bool
    listing: Listing
    reserved: int
    sold: int
    created_at: datetime
    changed_at: datetime
    images: tuple[ItemImage, ...] = ()

    @property
    def available(self) -> int:
        """Pieces that nobody holds back or has bought."""
        return self.listing.quantity - self.reserved - self.sold


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which items a list shows; None leaves a filter out."""

    status: ItemStatus | None = None
    kind: ItemKind | None = None
    pricing: Pricing | None = None
    slug_path: str | None = None
