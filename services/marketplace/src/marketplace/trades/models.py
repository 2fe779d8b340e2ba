"""Words of trades."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from contracts.marketplace_trades import TradeState

type Action = Literal[
    "offer",
    "counter",
    "accept",
    "decline",
    "cancel",
    "hand-over",
    "confirm",
    "dispute",
    "rule-refund",
    "rule-release",
    "rule-split",
    "refund-part",
    "expire",
    "lapse",
    "fund",
    "refuse",
    "pay",
    "repay",
    "compensate",
]
#: Whose turn it is; `both` in a barter, where either may go first.
type Awaited = Literal["buyer", "seller", "both", "operator", "ledger"]
#: What the hand-over of a funded trade needs, if the buyer made a code.
type CodeStanding = Literal["needed", "locked"]
#: A sale is paid in credits; a gift is for nothing; in a barter the buyer gives items.
type Kind = Literal["sale", "gift", "barter"]
#: Who takes a step. `answerer` is the party to whom the last price was named; `office` is who
#: looks after sagas from the command line; `giver` and `getter` are, in a barter, the parties who
#: have not handed over yet, or not confirmed what they got.
type Who = Literal[
    "giver",
    "getter",
    "answerer",
    "offerer",
    "buyer",
    "seller",
    "party",
    "operator",
    "office",
    "ledger",
    "clock",
]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a trade waits for people: for an answer, the hand-over, its confirmation."""

    answer: timedelta
    hand_over: timedelta
    confirm: timedelta


@dataclass(frozen=True, slots=True)
class Given:
    """Pieces of an item that the buyer of a barter gives; its title at the time of the offer."""

    item_id: UUID
    title: str
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A trade as it stands.

    Attributes:
        gift_minor: What of the price gift credits pay at most.
        given: What the buyer gives in exchange; nothing but in a barter.
        seller_gave_at: In a barter, when the seller said that they handed over; so the buyer.
        seller_got_at: In a barter, when the seller confirmed what they got; so the buyer.
    """

    id: UUID
    version: int
    state: TradeState
    community: str
    item_id: UUID
    item_title: str
    buyer_id: UUID
    seller_id: UUID
    quantity: int
    amount_minor: int
    asset: str
    offered_by_id: UUID
    message: str | None
    reason: str | None
    refusal_detail: str | None
    fee_minor: int | None
    refund_minor: int | None
    proven_at: datetime | None
    expires_at: datetime | None
    created_at: datetime
    changed_at: datetime
    kind: Kind = "sale"
    gift_minor: int = 0
    given: tuple[Given, ...] = ()
    seller_gave_at: datetime | None = None
    buyer_gave_at: datetime | None = None
    seller_got_at: datetime | None = None
    buyer_got_at: datetime | None = None

    @property
    def paid_by_gifts_minor(self) -> int:
        """What of the price is paid with gift credits, as the price is now."""
        return min(self.gift_minor, self.amount_minor)

    @property
    def pieces(self) -> tuple[tuple[UUID, int], ...]:
        """Every item that the trade moves, and how many pieces, in the order of ids."""
        given = ((one.item_id, one.quantity) for one in self.given)
        return tuple(sorted(((self.item_id, self.quantity), *given)))

    @property
    def answerer_id(self) -> UUID:
        """The party to whom the last price was named."""
        return self.seller_id if self.offered_by_id == self.buyer_id else self.buyer_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A legal move: who may take it, by which action, from where to where."""

    action: Action
    source: TradeState
    target: TradeState
    who: Who


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenStep:
    """A move that was made, as history keeps it."""

    version: int
    action: Action
    from_state: TradeState | None
    to_state: TradeState
    by_id: UUID | None
    amount_minor: int
    reason: str | None
    taken_at: datetime
