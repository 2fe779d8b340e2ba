"""Who may rate whom, and until when. Pure."""

from datetime import datetime, timedelta
from uuid import UUID

from marketplace.ratings.errors import NotSettled
from marketplace.ratings.models import Rating, RatingBody, RatingView
from marketplace.trades.lifecycle import role_of
from marketplace.trades.models import Trade


def open_until(trade: Trade, window: timedelta) -> datetime:
    """Until when a trade can be rated: it has not changed since it ended.

    Raises:
        NotSettled: It ended without money, or has not ended.
    """
    if trade.state not in ("released", "refunded"):
        raise NotSettled(trade.state)
    return trade.changed_at + window


def rating_of(trade: Trade, by_id: UUID, body: RatingBody, now: datetime) -> Rating:
    """What a party says of the other one."""
    by_buyer = role_of(trade, by_id) == "buyer"
    return Rating(
        trade_id=trade.id,
        by_id=by_id,
        about_id=trade.seller_id if by_buyer else trade.buyer_id,
        about_side="seller" if by_buyer else "buyer",
        stars=body.stars,
        text=body.text,
        given_at=now,
        revealed_at=None,
    )


def view_rating(rating: Rating) -> RatingView:
    """As clients see it."""
    return RatingView(
        trade_id=rating.trade_id,
        by_id=rating.by_id,
        about_id=rating.about_id,
        about_side=rating.about_side,
        stars=rating.stars,
        text=rating.text,
        given_at=rating.given_at,
        revealed_at=rating.revealed_at,
    )
