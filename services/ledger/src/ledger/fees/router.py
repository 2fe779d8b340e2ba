"""HTTP edge of fees: price lists, and quotes."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Operator, Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.service import Now, OpenDatabase, OpenResources
from ledger.fees.add_schedule import add_schedule
from ledger.fees.browse_schedules import browse_schedules
from ledger.fees.models import Operation
from ledger.fees.price_list import OpenPrices
from ledger.fees.promise import promise_price
from ledger.fees.requests import (
    QuoteAnswer,
    QuoteWish,
    ScheduleAnswer,
    SchedulesAnswer,
    ScheduleWish,
    render_quote,
    render_schedule,
)
from ledger.reach import reach_of
from ledger.text import read_amount

router = APIRouter(tags=["fees"])

POST_QUOTES: Final = "POST /v1/fees/quotes"
POST_SCHEDULES: Final = "POST /v1/fee-schedules"


@router.post("/fees/quotes", status_code=201, response_model=QuoteAnswer)
async def quote_fees(
    wish: QuoteWish,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    prices: OpenPrices,
    now: Now,
) -> Response:
    """What an operation would cost, itemised; promised for 15 minutes."""
    amount_minor = read_amount(wish.amount, wish.asset)
    await prices.refresh(database)

    async def perform(conn: Connection) -> Answer:
        price = prices.price(
            amount_minor, wish.operation, asset=wish.asset, community=caller.community
        )
        quote = await promise_price(
            conn, wish, price, owner=caller.user_id, community=caller.community, now=now
        )
        return Answer.of(201, render_quote(quote).model_dump(mode="json"))

    request = KeyedRequest(str(caller.user_id), key, POST_QUOTES, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.post("/fee-schedules", status_code=201, response_model=ScheduleAnswer)
async def post_schedule(
    wish: ScheduleWish, caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Add a version of a price list: of one's community; of any or all, for administrators.

    Kept with the reason, never edited.
    """

    async def perform(conn: Connection) -> Answer:
        schedule = await add_schedule(
            conn,
            wish,
            schedule_id=new_id(),
            operator=caller.user_id,
            reach=reach_of(caller),
            now=now,
        )
        return Answer.of(201, render_schedule(schedule).model_dump(mode="json"))

    request = KeyedRequest(str(caller.user_id), key, POST_SCHEDULES, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.get("/fee-schedules")
async def list_schedules(
    caller: Person,
    resources: OpenResources,
    operation: Operation | None = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SchedulesAnswer:
    """Versions of price lists for one's community or for all, past, present and to come.

    Newest first; administrators see all communities'.
    """
    async with resources.database.connection() as conn:
        page, after = await browse_schedules(
            conn,
            operation=operation,
            community=None if caller.has("ADMIN") else caller.community,
            before=cursor,
            limit=limit,
        )
    return SchedulesAnswer(
        schedules=[render_schedule(one) for one in page],
        builtin_bps=resources.settings.fee_bps,
        next_cursor=after,
    )
