"""Events of the marketplace: items, images, categories, rulings on items."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts import topics
from contracts.messages import Event
from contracts.money import AssetCode, Minor

ItemStatus = Literal["draft", "active", "reserved", "sold", "withdrawn"]
ItemKind = Literal["good", "service"]
Pricing = Literal["credits", "gift", "barter"]
Condition = Literal["new", "like_new", "good", "fair", "poor"]
ReportDecision = Literal["dismiss", "hide", "restore"]


class ShownImage(BaseModel):
    """An image of an item: its addresses never mean other bytes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    image_id: UUID
    width: int
    height: int
    color: str
    small_url: str
    medium_url: str
    large_url: str


class ItemChanged(Event):
    """An item as it is now: the whole of it, so that a reader needs no earlier event.

    Attributes:
        status: As others may know it: what an operator hides is withdrawn.
        hidden: An operator took it out of sight.
        wanted: What a barter asks for in exchange.
        cell: H3 cell of resolution 7, about five square kilometres; its middle is
            `cell_latitude`, `cell_longitude`. Nothing more exact is known of the place.
    """

    TOPIC: ClassVar[str] = topics.MARKETPLACE_ITEMS.name

    item_id: UUID
    version: int
    seller_id: UUID
    community: str
    status: ItemStatus
    kind: ItemKind
    title: str
    description: str
    category_path: tuple[str, ...]
    pricing: Pricing
    price_minor: Minor | None
    asset: AssetCode | None
    quantity: int
    condition: Condition | None
    brand: str | None
    item_type: str | None
    rating: str | None
    neighbourhood: str | None
    cell_latitude: str | None
    cell_longitude: str | None
    image_urls: tuple[str, ...]
    images: tuple[ShownImage, ...] = ()
    created_at: datetime
    changed_at: datetime
    hidden: bool = False
    wanted: str | None = None
    accepts_gift_credits: bool = False
    cell: str | None = None
    category_id: UUID | None = None

    def key(self) -> str:
        """The item."""
        return str(self.item_id)

    def aggregate_version(self) -> int:
        """Version of the item."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """The seller."""
        return (self.seller_id,)


class CategoryChanged(Event):
    """A category as it is now. Its items are told anew as well, one by one.

    Attributes:
        slug_path: Such as `home-garden/kitchen`.
        names: From the root to the category.
        synonyms: What people also call it.
    """

    TOPIC: ClassVar[str] = topics.MARKETPLACE_CATEGORIES.name

    category_id: UUID
    version: int
    parent_id: UUID | None
    slug_path: str
    names: tuple[str, ...]
    synonyms: tuple[str, ...]
    changed_at: datetime

    def key(self) -> str:
        """The category."""
        return str(self.category_id)

    def aggregate_version(self) -> int:
        """Version of the category."""
        return self.version


class _RulingOnItem(Event):
    TOPIC: ClassVar[str] = topics.MARKETPLACE_REPORTS.name

    item_id: UUID
    item_title: str
    seller_id: UUID
    reason: str
    decided_at: datetime

    def key(self) -> str:
        """The item."""
        return str(self.item_id)

    def audience(self) -> tuple[UUID, ...]:
        """The seller: not who reported it."""
        return (self.seller_id,)


class ItemHidden(_RulingOnItem):
    """An operator took an item out of sight; its seller learns why."""


class ItemRestored(_RulingOnItem):
    """An operator put a hidden item back."""


class ReportDecided(Event):
    """What became of a report, for whoever made it alone; neither seller nor operator is named."""

    TOPIC: ClassVar[str] = topics.MARKETPLACE_REPORTS.name

    reporter_id: UUID
    item_id: UUID
    item_title: str
    decision: ReportDecision
    decided_at: datetime

    def key(self) -> str:
        """Who reported: nothing that is told of the item names them."""
        return str(self.reporter_id)

    def audience(self) -> tuple[UUID, ...]:
        """Who reported."""
        return (self.reporter_id,)


class _ImageEvent(Event):
    TOPIC: ClassVar[str] = topics.MARKETPLACE_IMAGES.name

    image_id: UUID
    owner_id: UUID
    community: str
    item_id: UUID | None

    def key(self) -> str:
        """The image."""
        return str(self.image_id)

    def audience(self) -> tuple[UUID, ...]:
        """Who uploaded it."""
        return (self.owner_id,)


class ImageReady(_ImageEvent):
    """An image has its renditions; their addresses never mean other bytes."""

    width: int
    height: int
    color: str
    small_url: str
    medium_url: str
    large_url: str


class ImageRefused(_ImageEvent):
    """An image is not taken: `reason` is a problem's name, `detail` says it in words."""

    reason: str
    detail: str
