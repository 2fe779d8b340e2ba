"""What the system answers about what people say of trades."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from localex_client.market_models import ItemImage
from localex_client.models import Answered

Side = Literal["buyer", "seller"]


class HandOverCode(Answered):
    """A code that the buyer shows at the hand-over; told once, so a repeat has none."""

    trade_id: UUID
    number: int
    code: str | None = Field(repr=False)
    attempts_left: int
    further_codes: int


class TradeMessage(Answered):
    """What one of the two wrote."""

    seq: int
    by: Side
    mine: bool
    text: str
    said_at: datetime


class TradeMessages(Answered):
    """Messages in their order; `next_after` leads to the next page."""

    messages: list[TradeMessage]
    next_after: int | None


class TradeStatement(Answered):
    """Evidence that a party gave in a dispute."""

    seq: int
    by: Side
    text: str
    image_ids: list[UUID]
    images: list[ItemImage]
    said_at: datetime


class Rating(Answered):
    """What one party said of the other; hidden from the other until it is revealed."""

    trade_id: UUID
    by_id: UUID
    about_id: UUID
    about_side: Side
    stars: int
    text: str | None
    given_at: datetime
    revealed_at: datetime | None


class TradeRatings(Answered):
    """The ratings of a trade that one may see, how many there are, and until when there may be."""

    until: datetime
    given: int
    ratings: list[Rating]


class RatingPage(Answered):
    """Ratings of a member, of the newest trades first."""

    ratings: list[Rating]
    next_cursor: str | None


class Reputation(Answered):
    """What trades and ratings say of a member; `explanation` says it in words."""

    user_id: UUID
    display_name: str
    count: int
    mean: str
    plain_mean: str | None
    stars: dict[str, int]
    completion_rate: str | None
    trades: dict[str, int]
    disputes: dict[str, int]
    explanation: list[str]
