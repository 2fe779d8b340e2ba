"""Events of the marketplace: items and trades."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from contracts import topics
from contracts.messages import Event
from contracts.money import AssetCode, Minor, PositiveMinor

ItemStatus = Literal["draft", "active", "reserved", "sold", "withdrawn"]
ItemKind = Literal["good", "service"]
Pricing = Literal["credits", "gift", "barter"]
Condition = Literal["new", "like_new", "good", "fair", "poor"]
Ruling = Literal["refund", "release", "split"]
TradeState = Literal[
    "offered",
    "accepted",
    "funded",
    "handed_over",
    "confirmed",
    "released",
    "declined",
    "cancelled",
    "expired",
    "disputed",
    "refunding",
    "refunded",
]


class ItemChanged(Event):
    """An item as it is now: the whole of it, so that a reader needs no earlier event."""

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
    created_at: datetime
    changed_at: datetime

    def key(self) -> str:
        """The item."""
        return str(self.item_id)

    def aggregate_version(self) -> int:
        """Version of the item."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """The seller."""
        return (self.seller_id,)


class _TradeEvent(Event):
    TOPIC: ClassVar[str] = topics.MARKETPLACE_TRADES.name

    trade_id: UUID
    version: int
    state: TradeState
    item_id: UUID
    item_title: str
    buyer_id: UUID
    seller_id: UUID
    quantity: int
    amount_minor: PositiveMinor
    asset: AssetCode
    changed_at: datetime

    def key(self) -> str:
        """The trade."""
        return str(self.trade_id)

    def aggregate_version(self) -> int:
        """Version of the trade."""
        return self.version

    def audience(self) -> tuple[UUID, ...]:
        """Buyer and seller."""
        return (self.buyer_id, self.seller_id)


class TradeOffered(_TradeEvent):
    """A buyer made an offer for an item."""


class TradeCountered(_TradeEvent):
    """The other side answered with another price."""

    by_id: UUID


class TradeAccepted(_TradeEvent):
    """Both agree on the price; the escrow is being funded."""


class TradeFunded(_TradeEvent):
    """The buyer's credits are in escrow."""


class TradeHandedOver(_TradeEvent):
    """The seller says that the item was handed over; with the buyer's code it is proven."""

    proven: bool = False


class TradeRefundAgreed(_TradeEvent):
    """The seller agreed that the buyer gets a part back when the escrow is released."""

    refund_minor: PositiveMinor


class TradeConfirmed(_TradeEvent):
    """The buyer has the item, or let a proven hand-over stand; the escrow is being released."""

    #: What goes back to the buyer, as the seller agreed.
    refund_minor: PositiveMinor | None = None


class TradeReleased(_TradeEvent):
    """The seller was paid: the trade is complete."""

    fee_minor: Minor
    #: What went back to the buyer of a split.
    refund_minor: PositiveMinor | None = None


class TradeDeclined(_TradeEvent):
    """The other side said no; nothing moved."""


class TradeCancelled(_TradeEvent):
    """The trade ended before hand-over; escrowed credits go back."""

    reason: str


class TradeExpired(_TradeEvent):
    """A step was not taken in time; escrowed credits go back."""


class TradeDisputed(_TradeEvent):
    """One side asks an operator to decide; the escrow stays as it is."""

    by_id: UUID
    reason: str


class TradeResolved(_TradeEvent):
    """An operator ruled on a dispute; the escrow is being released, refunded or split."""

    by_id: UUID
    ruling: Ruling
    reason: str
    #: What goes back to the buyer of a split.
    refund_minor: PositiveMinor | None = None


class TradeRefunded(_TradeEvent):
    """The buyer has the credits back."""

    reason: str
