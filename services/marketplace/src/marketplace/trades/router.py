"""HTTP edge of trades."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from chassis.access import Operator, Person
from chassis.database import Connection, Database
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.preconditions import etag_of
from chassis.problems import Forbidden
from chassis.service import Now, OpenDatabase, OpenResources
from chassis.step_up import read_limits, require_proof
from chassis.tokens import Caller
from marketplace.paging import Cursor, write_cursor
from marketplace.trades import queries
from marketplace.trades.accept import accept_trade
from marketplace.trades.cancel import cancel_trade
from marketplace.trades.confirm import confirm_trade
from marketplace.trades.counter import counter_trade
from marketplace.trades.decline import decline_trade
from marketplace.trades.dispute import dispute_trade
from marketplace.trades.errors import CodeWrong
from marketplace.trades.hand_over import hand_over_trade
from marketplace.trades.looks import look_past
from marketplace.trades.models import Patience, Trade
from marketplace.trades.offer import offer_trade
from marketplace.trades.refund_part import refund_part
from marketplace.trades.requests import (
    CancelBody,
    CounterBody,
    DisputeBody,
    HandOverBody,
    NoBody,
    OfferBody,
    PartBody,
    RulingBody,
    TradeFilter,
)
from marketplace.trades.resolve import resolve_trade
from marketplace.trades.show import show_trade
from marketplace.trades.views import TradePage, TradeView, view_trade

router = APIRouter(tags=["trades"])


@dataclass(frozen=True, slots=True)
class Edge:
    """What every step needs from the request: the key, the database, the time."""

    key: str
    database: Database
    now: datetime
    patience: Patience
    limits: Mapping[str, int]

    def proven(self, trade: Trade, caller: Caller) -> Trade:
        """The trade, unless the caller agrees to pay more than their session allows.

        Raises:
            StepUpNeeded: They have not shown lately who they are.
            ProgramsMayNot: A program without the scope for large payments.
        """
        if caller.user_id == trade.buyer_id:
            require_proof(caller, trade.amount_minor, trade.asset, self.limits, now=self.now)
        return trade

    async def answer(
        self,
        caller: Caller,
        route: str,
        content: Mapping[str, Any],
        step: Callable[[Connection], Awaitable[Trade | CodeWrong]],
    ) -> Response:
        """Take a step once for its key, and answer with the trade as it is then."""
        created = route == "POST /v1/trades"

        async def perform(conn: Connection) -> Answer | CodeWrong:
            trade = await step(conn)
            if isinstance(trade, CodeWrong):
                return trade
            view = await show_trade(conn, trade.id, caller)
            place = {"location": f"/v1/trades/{trade.id}"} if created else {}
            status = 201 if created else 200
            tag = etag_of(trade.version)
            return Answer.of(status, view.model_dump(mode="json"), etag=tag, **place)

        request = KeyedRequest(str(caller.user_id), self.key, route, content)
        return await answer_once(self.database, request, perform)


def _edge(key: IdempotencyKey, database: OpenDatabase, now: Now, resources: OpenResources) -> Edge:
    settings = resources.settings
    return Edge(key, database, now, settings.patience(), read_limits(settings.step_up_above))


Here = Annotated[Edge, Depends(_edge)]


@router.post("/trades", status_code=201, response_model=TradeView)
async def post_trade(body: OfferBody, caller: Person, here: Here) -> Response:
    """Offer credits for an item, items for what is up for barter, or ask for a gift."""

    async def step(conn: Connection) -> Trade:
        made = await offer_trade(conn, caller, body, now=here.now, patience=here.patience)
        return here.proven(made, caller)

    return await here.answer(caller, "POST /v1/trades", body.model_dump(mode="json"), step)


@router.get("/trades")
async def list_trades(
    caller: Person,
    database: OpenDatabase,
    now: Now,
    cursor: Cursor,
    wanted: Annotated[TradeFilter, Query()],
) -> TradePage:
    """One's own trades, newest first; for operators, with `stuck`, those that do not move."""
    if wanted.stuck and not caller.has("OPERATOR", "ADMIN"):
        raise Forbidden("the list of stuck trades is for operators", needs=["OPERATOR", "ADMIN"])
    async with database.connection() as conn:
        if wanted.stuck:
            before = now - timedelta(minutes=wanted.older_than_minutes)
            found = await queries.select_stuck(
                conn, caller.community, before, cursor, wanted.limit + 1
            )
        else:
            found = await queries.select_own_page(
                conn, caller.user_id, wanted.role, wanted.state, cursor, wanted.limit + 1
            )
    page = found[: wanted.limit]
    for trade, *_ in page:
        look_past(trade, caller)
    return TradePage(
        trades=[view_trade(*seen, caller.user_id) for seen in page],
        next_cursor=write_cursor(page[-1][0].id) if len(found) > wanted.limit else None,
    )


@router.get("/trades/{trade_id}")
async def get_trade(
    trade_id: UUID, caller: Person, database: OpenDatabase, response: Response
) -> TradeView:
    """A trade with its history, for its parties and for operators."""
    async with database.connection() as conn:
        view = await show_trade(conn, trade_id, caller)
    response.headers["ETag"] = etag_of(view.version)
    return view


@router.post("/trades/{trade_id}/counter", response_model=TradeView)
async def post_counter(trade_id: UUID, body: CounterBody, caller: Person, here: Here) -> Response:
    """Name another price."""

    async def step(conn: Connection) -> Trade:
        moved = await counter_trade(
            conn, trade_id, caller, body, now=here.now, patience=here.patience
        )
        return here.proven(moved, caller)

    content = body.model_dump(mode="json")
    return await here.answer(caller, f"POST /v1/trades/{trade_id}/counter", content, step)


@router.post("/trades/{trade_id}/accept", response_model=TradeView)
async def post_accept(
    trade_id: UUID, caller: Person, here: Here, _body: NoBody | None = None
) -> Response:
    """Accept: the pieces are held, and the escrow is being funded, if there is a price."""

    async def step(conn: Connection) -> Trade:
        moved = await accept_trade(conn, trade_id, caller, now=here.now, patience=here.patience)
        return here.proven(moved, caller)

    return await here.answer(caller, f"POST /v1/trades/{trade_id}/accept", {}, step)


@router.post("/trades/{trade_id}/decline", response_model=TradeView)
async def post_decline(
    trade_id: UUID, caller: Person, here: Here, _body: NoBody | None = None
) -> Response:
    """Decline the last price."""

    async def step(conn: Connection) -> Trade:
        return await decline_trade(conn, trade_id, caller, now=here.now)

    return await here.answer(caller, f"POST /v1/trades/{trade_id}/decline", {}, step)


@router.post("/trades/{trade_id}/cancel", response_model=TradeView)
async def post_cancel(
    trade_id: UUID, caller: Person, here: Here, body: CancelBody | None = None
) -> Response:
    """Step back before the hand-over; escrowed credits go back."""
    reason = body.reason if body else None

    async def step(conn: Connection) -> Trade:
        return await cancel_trade(conn, trade_id, caller, reason, now=here.now)

    content = {"reason": reason}
    return await here.answer(caller, f"POST /v1/trades/{trade_id}/cancel", content, step)


@router.post("/trades/{trade_id}/hand-over", response_model=TradeView)
async def post_hand_over(
    trade_id: UUID, caller: Person, here: Here, body: HandOverBody | None = None
) -> Response:
    """The seller says that the item was handed over, and proves it with the buyer's code."""
    code = body.code if body else None

    async def step(conn: Connection) -> Trade | CodeWrong:
        return await hand_over_trade(
            conn, trade_id, caller, code, now=here.now, patience=here.patience
        )

    content = {"code": code} if code else {}
    return await here.answer(caller, f"POST /v1/trades/{trade_id}/hand-over", content, step)


@router.post("/trades/{trade_id}/partial-refund", response_model=TradeView)
async def post_partial_refund(
    trade_id: UUID, body: PartBody, caller: Person, here: Here
) -> Response:
    """The seller agrees that the buyer gets a part of the price back at the release."""

    async def step(conn: Connection) -> Trade:
        return await refund_part(conn, trade_id, caller, body, now=here.now)

    content = body.model_dump(mode="json")
    return await here.answer(caller, f"POST /v1/trades/{trade_id}/partial-refund", content, step)


@router.post("/trades/{trade_id}/confirm", response_model=TradeView)
async def post_confirm(
    trade_id: UUID, caller: Person, here: Here, _body: NoBody | None = None
) -> Response:
    """The buyer has the item: the escrow is being released."""

    async def step(conn: Connection) -> Trade:
        return await confirm_trade(conn, trade_id, caller, now=here.now)

    return await here.answer(caller, f"POST /v1/trades/{trade_id}/confirm", {}, step)


@router.post("/trades/{trade_id}/dispute", response_model=TradeView)
async def post_dispute(trade_id: UUID, body: DisputeBody, caller: Person, here: Here) -> Response:
    """Ask an operator to decide; the escrow stays as it is."""

    async def step(conn: Connection) -> Trade:
        return await dispute_trade(conn, trade_id, caller, body.reason, now=here.now)

    content = body.model_dump(mode="json")
    return await here.answer(caller, f"POST /v1/trades/{trade_id}/dispute", content, step)


@router.post("/trades/{trade_id}/resolve", response_model=TradeView)
async def post_resolve(trade_id: UUID, body: RulingBody, caller: Operator, here: Here) -> Response:
    """An operator rules on a disputed trade."""

    async def step(conn: Connection) -> Trade:
        return await resolve_trade(conn, trade_id, caller, body, now=here.now)

    content = body.model_dump(mode="json")
    return await here.answer(caller, f"POST /v1/trades/{trade_id}/resolve", content, step)
