"""Rate the other party of a settled trade."""

from datetime import datetime, timedelta
from uuid import UUID

from chassis.database import Connection
from chassis.timers import cancel_timer, set_timer
from chassis.tokens import Caller
from marketplace.ratings import queries
from marketplace.ratings.errors import RatedAlready, RatingOver
from marketplace.ratings.lifecycle import open_until, rating_of
from marketplace.ratings.models import Rating, RatingBody
from marketplace.ratings.reveal import WINDOW, reveal_ratings
from marketplace.trades.hold_part import hold_part


async def rate_trade(
    conn: Connection,
    trade_id: UUID,
    actor: Caller,
    body: RatingBody,
    *,
    now: datetime,
    window: timedelta,
) -> Rating:
    """Say how the other was, once; neither reads the other's rating before both are in.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: One of its parties.
        body: Stars and words.
        now: When.
        window: How long after its end a trade can be rated.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        NotSettled: It was neither released nor refunded.
        RatedAlready: The actor has rated it.
        RatingOver: The time is over, or the other's rating was revealed.

    Emits:
        RatingRevealed for both on `marketplace.ratings.v1`, when this is the second.

    Source:
        spec 1, trading; docs/decisions/0065-ratings-are-revealed-together.md
    """
    trade = await hold_part(conn, trade_id, actor)
    until = open_until(trade, window)
    await cancel_timer(conn, WINDOW, str(trade_id))
    before = await queries.select_of_trade(conn, trade_id)
    if any(one.by_id == actor.user_id for one in before):
        raise RatedAlready("a trade is rated once by each, and for good")
    if now > until or any(one.revealed_at for one in before):
        raise RatingOver(until)
    rating = rating_of(trade, actor.user_id, body, now)
    await queries.insert_rating(conn, rating)
    if before:
        await reveal_ratings(conn, str(trade_id), now)
    else:
        await set_timer(conn, WINDOW, str(trade_id), until)
    return next(
        one for one in await queries.select_of_trade(conn, trade_id) if one.by_id == actor.user_id
    )
