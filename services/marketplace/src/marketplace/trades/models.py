"""Words of trades."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from contracts.marketplace import TradeState

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
#: What the hand-over of a funded trade needs, if the buyer made a code.
type CodeStanding = Literal["needed", "locked"]
#: Who takes a step. `answerer` is the party to whom the last price was named; `office` is who
#: looks after sagas from the command line.
type Who = Literal[
    "answerer", "offerer", "buyer", "seller", "party", "operator", "office", "ledger", "clock"
]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a trade waits for people: for an answer, the hand-over, its confirmation."""

    answer: timedelta
    hand_over: timedelta
    confirm: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """A trade as it stands."""

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
