"""Events of trades: offers, what became of them, and how they ended."""

from datetime import datetime
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts import topics
from contracts.messages import Event
from contracts.money import AssetCode, Minor, PositiveMinor

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


class GivenItem(BaseModel):
    """Pieces of an item that the buyer of a barter gives in exchange."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    item_id: UUID
    title: str
    quantity: int


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
    #: Nothing where a gift is given, or things are bartered without credits on top.
    amount_minor: Minor = Field(ge=0)
    asset: AssetCode
    changed_at: datetime
    #: What of the amount is paid with gift credits.
    gift_minor: Minor = 0
    #: What the buyer gives in exchange; nothing but in a barter.
    given: tuple[GivenItem, ...] = ()

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
    """Both agree; the escrow is being funded, if there is a price."""

    #: Who agreed to what the other had named.
    by_id: UUID | None = None


class TradeFunded(_TradeEvent):
    """The hand-over can be: the buyer's credits are in escrow, if there is a price."""


class TradeHandedOver(_TradeEvent):
    """The seller says that the item was handed over; with the buyer's code it is proven."""

    proven: bool = False


class TradeSideHandedOver(_TradeEvent):
    """In a barter the first of the two says that they handed over; the other is still to."""

    by_id: UUID


class TradeSideConfirmed(_TradeEvent):
    """In a barter the first of the two has what they get; the other is still to say so."""

    by_id: UUID


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

    by_id: UUID | None = None


class TradeCancelled(_TradeEvent):
    """The trade ended before hand-over; escrowed credits go back."""

    reason: str
    #: Who stepped back; nobody when the money was not to be had.
    by_id: UUID | None = None


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
