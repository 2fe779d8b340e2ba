"""HTTP edge of codes."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from marketplace.trades.codes.make import make_code
from marketplace.trades.codes.models import CodeView
from marketplace.trades.codes.withdraw import withdraw_code
from marketplace.trades.requests import NoBody
from marketplace.trades.show import show_trade
from marketplace.trades.views import TradeView

router = APIRouter(tags=["trades"])


@router.post("/trades/{trade_id}/code", status_code=201, response_model=CodeView)
async def post_code(
    trade_id: UUID,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
    _body: NoBody | None = None,
) -> Response:
    """The buyer makes a code for the hand-over, or another one; it is told in this answer only."""

    async def perform(conn: Connection) -> Answer:
        made = await make_code(conn, trade_id, caller, now=now)
        told = Answer.of(201, made.model_dump(mode="json"))
        kept = made.model_copy(update={"code": None}).model_dump_json().encode()
        return Answer(told.status, told.body, {"Cache-Control": "no-store"}, kept)

    request = KeyedRequest(str(caller.user_id), key, f"POST /v1/trades/{trade_id}/code", {})
    return await answer_once(database, request, perform)


@router.post("/trades/{trade_id}/code/withdraw", response_model=TradeView)
async def post_withdraw(
    trade_id: UUID,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    _body: NoBody | None = None,
) -> Response:
    """The buyer agrees to a hand-over without a code."""

    async def perform(conn: Connection) -> Answer:
        await withdraw_code(conn, trade_id, caller)
        view = await show_trade(conn, trade_id, caller)
        return Answer.of(200, view.model_dump(mode="json"))

    route = f"POST /v1/trades/{trade_id}/code/withdraw"
    return await answer_once(database, KeyedRequest(str(caller.user_id), key, route, {}), perform)
