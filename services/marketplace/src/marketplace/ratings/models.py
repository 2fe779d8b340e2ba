"""Words of ratings."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from contracts.marketplace_people import Side
from marketplace.text import Remark


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one party says of the other."""

    trade_id: UUID
    by_id: UUID
    about_id: UUID
    about_side: Side
    stars: int
    text: str | None
    given_at: datetime
    revealed_at: datetime | None


class RatingBody(BaseModel):
    """One to five stars, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stars: Annotated[int, Field(strict=True, ge=1, le=5)]
    text: Remark | None = None


class RatingView(BaseModel):
    """A rating that the reader may see: their own, or one that is revealed."""

    model_config = ConfigDict(frozen=True)

    trade_id: UUID
    by_id: UUID
    about_id: UUID
    about_side: Side
    stars: int
    text: str | None
    given_at: datetime
    revealed_at: datetime | None


class TradeRatings(BaseModel):
    """The ratings of a trade as a party sees them; `until` is when what is hidden is revealed."""

    model_config = ConfigDict(frozen=True)

    until: datetime
    given: int
    ratings: list[RatingView]


class RatingPage(BaseModel):
    """Ratings of a member, of the newest trades first; `next_cursor` leads to the next page."""

    model_config = ConfigDict(frozen=True)

    ratings: list[RatingView]
    next_cursor: str | None
