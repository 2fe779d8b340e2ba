"""Words of reputation."""

from dataclasses import astuple, dataclass
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What is counted of a person."""

    sold: int = 0
    bought: int = 0
    refunded_as_seller: int = 0
    refunded_as_buyer: int = 0
    disputes_lost: int = 0
    disputes_shared: int = 0
    stars_1: int = 0
    stars_2: int = 0
    stars_3: int = 0
    stars_4: int = 0
    stars_5: int = 0

    @property
    def stars(self) -> tuple[int, ...]:
        """Ratings with one star, two ... five."""
        numbers: tuple[int, ...] = astuple(self)
        return numbers[-5:]


@dataclass(frozen=True, slots=True)
class Counted:
    """What is counted of whom, and how often it has changed; 0 when nobody was ever told."""

    user_id: UUID
    version: int
    counts: Counts
    counted_at: datetime


class Prior(BaseModel):
    """What everybody begins with, so that one rating does not decide."""

    model_config = ConfigDict(frozen=True)

    ratings: int
    stars: str


class TradesView(BaseModel):
    """Trades that both had agreed on and that are over."""

    model_config = ConfigDict(frozen=True)

    sold: int
    bought: int
    refunded_as_seller: int
    refunded_as_buyer: int


class DisputesView(BaseModel):
    """Rulings: against the person, and those that split the escrow."""

    model_config = ConfigDict(frozen=True)

    lost: int
    shared: int


class ReputationView(BaseModel):
    """A member's reputation with everything it is made of; `explanation` says it in words."""

    model_config = ConfigDict(frozen=True)

    user_id: UUID
    display_name: str
    count: int
    mean: str
    plain_mean: str | None
    prior: Prior
    stars: dict[str, int]
    completion_rate: str | None
    trades: TradesView
    disputes: DisputesView
    explanation: list[str]
