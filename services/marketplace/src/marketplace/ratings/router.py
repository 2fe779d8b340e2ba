"""HTTP edge of ratings."""

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase, OpenResources
from marketplace.members.find import find_member
from marketplace.paging import Cursor, Limit, write_cursor
from marketplace.ratings import queries
from marketplace.ratings.lifecycle import open_until, view_rating
from marketplace.ratings.models import RatingBody, RatingPage, RatingView, TradeRatings
from marketplace.ratings.rate import rate_trade
from marketplace.trades.look_in import look_in

router = APIRouter(tags=["ratings"])


def _window(resources: OpenResources) -> timedelta:
    return timedelta(seconds=resources.settings.rating_ttl_seconds)


Window = Annotated[timedelta, Depends(_window)]


@router.post("/trades/{trade_id}/ratings", status_code=201, response_model=RatingView)
async def post_rating(
    trade_id: UUID,
    body: RatingBody,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
    window: Window,
) -> Response:
    """Rate the other party; both ratings are revealed when both are in, or the time is over."""

    async def perform(conn: Connection) -> Answer:
        given = await rate_trade(conn, trade_id, caller, body, now=now, window=window)
        return Answer.of(201, view_rating(given).model_dump(mode="json"))

    content = body.model_dump(mode="json")
    route = f"POST /v1/trades/{trade_id}/ratings"
    request = KeyedRequest(str(caller.user_id), key, route, content)
    return await answer_once(database, request, perform)


@router.get("/trades/{trade_id}/ratings")
async def get_trade_ratings(
    trade_id: UUID, caller: Person, database: OpenDatabase, window: Window
) -> TradeRatings:
    """One's own rating, and the other's once it is revealed."""
    async with database.connection() as conn:
        trade = await look_in(conn, trade_id, caller)
        found = await queries.select_of_trade(conn, trade_id)
    seen = [one for one in found if one.revealed_at or one.by_id == caller.user_id]
    return TradeRatings(
        until=open_until(trade, window),
        given=len(found),
        ratings=[view_rating(one) for one in seen],
    )


@router.get("/members/{user_id}/ratings")
async def list_member_ratings(
    user_id: UUID, caller: Person, database: OpenDatabase, cursor: Cursor, limit: Limit = 20
) -> RatingPage:
    """What others said of a member of one's community, of the newest trades first."""
    async with database.connection() as conn:
        await find_member(conn, user_id, caller.community)
        found = await queries.select_page(conn, user_id, cursor, limit + 1)
    page = found[:limit]
    return RatingPage(
        ratings=[view_rating(one) for one in page],
        next_cursor=write_cursor(page[-1].trade_id) if len(found) > limit else None,
    )
