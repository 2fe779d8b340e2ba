"""HTTP edge of exchanges: rates, quotes, exchanges, and the liquidity behind them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Operator, Person
from chassis.answers import foreseen
from chassis.database import Connection
from chassis.idempotency import (
    Answer,
    IdempotencyKey,
    KeyedRequest,
    answer_again,
    answer_once,
)
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.service import Now, OpenDatabase, OpenResources
from ledger.exchanges.add_rate import add_rate
from ledger.exchanges.browse import browse_exchanges
from ledger.exchanges.browse_rates import browse_rates
from ledger.exchanges.find_terms import find_terms
from ledger.exchanges.foresee import foresee_exchange
from ledger.exchanges.lifecycle import hide_liquidity
from ledger.exchanges.prepare import prepare_exchange
from ledger.exchanges.promise import promise_exchange
from ledger.exchanges.record import record_exchange
from ledger.exchanges.requests import (
    ExchangeWish,
    MadePageAnswer,
    QuoteAnswer,
    QuoteWish,
    RateAnswer,
    RatesAnswer,
    RateWish,
    SupplyWish,
    render_made,
    render_quote,
    render_version,
)
from ledger.exchanges.supply import supply_liquidity
from ledger.fees.price_list import OpenPrices
from ledger.journal.collect import OpenJournal
from ledger.journal.errors import InsufficientFunds
from ledger.text import AssetText
from ledger.transfers.lifecycle import answer_to
from ledger.transfers.models import ForeseenAnswer, TransferAnswer

router = APIRouter(tags=["exchanges"])

POST_RATES: Final = "POST /v1/exchange-rates"
POST_QUOTES: Final = "POST /v1/exchanges/quotes"
POST_EXCHANGES: Final = "POST /v1/exchanges"
POST_LIQUIDITY: Final = "POST /v1/liquidity"
Limit = Annotated[int, Query(ge=1, le=200)]


@router.post("/exchange-rates", status_code=201, response_model=RateAnswer)
async def post_rate(
    wish: RateWish, caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Add a version of a rate. Operators only; kept with its source, never edited."""

    async def perform(conn: Connection) -> Answer:
        rate = await add_rate(conn, wish, rate_id=new_id(), operator=caller.user_id, now=now)
        return Answer.of(201, render_version(rate).model_dump(mode="json"))

    request = KeyedRequest(str(caller.user_id), key, POST_RATES, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.get("/exchange-rates")
async def list_rates(
    caller: Person,  # noqa: ARG001 - rates are no secret among people who are logged in
    database: OpenDatabase,
    from_asset: AssetText | None = None,
    to_asset: AssetText | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> RatesAnswer:
    """All versions of rates, past, present and to come, newest first."""
    async with database.connection() as conn:
        page, after = await browse_rates(
            conn, from_asset=from_asset, to_asset=to_asset, before=cursor, limit=limit
        )
    return RatesAnswer(rates=[render_version(one) for one in page], next_cursor=after)


@router.post("/exchanges/quotes", status_code=201, response_model=QuoteAnswer)
async def quote_exchange(
    wish: QuoteWish,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    prices: OpenPrices,
    now: Now,
) -> Response:
    """What would come of an amount, itemised; promised for a minute, for one exchange."""
    await prices.refresh(database)

    async def perform(conn: Connection) -> Answer:
        asked = await find_terms(conn, wish, owner=caller.user_id, prices=prices, now=now)
        quote = await promise_exchange(
            conn, asked, quote_id=new_id(), owner=caller.user_id, now=now
        )
        return Answer.of(201, render_quote(quote).model_dump(mode="json"))

    request = KeyedRequest(str(caller.user_id), key, POST_QUOTES, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.get("/exchanges")
async def list_exchanges(
    caller: Person, database: OpenDatabase, cursor: UUID | None = None, limit: Limit = 50
) -> MadePageAnswer:
    """What one has exchanged oneself, newest first, at which rate and with what it cost."""
    async with database.connection() as conn:
        page, following = await browse_exchanges(conn, caller.user_id, before=cursor, limit=limit)
    return MadePageAnswer(exchanges=[render_made(one) for one in page], next_cursor=following)


@router.post(
    "/exchanges",
    status_code=201,
    response_model=TransferAnswer,
    responses=foreseen(ForeseenAnswer),
)
async def exchange(
    wish: ExchangeWish,
    caller: Person,
    key: IdempotencyKey,
    resources: OpenResources,
    prices: OpenPrices,
    journal: OpenJournal,
    *,
    dry_run: bool = False,
) -> Response:
    """Exchange an amount from one's main account, as quoted or at the rate in force.

    `dry_run` only says what would be.
    """
    database, now, owner = resources.database, resources.clock.now(), caller.user_id
    await prices.refresh(database)
    if dry_run:
        async with database.connection() as conn:
            seen = await foresee_exchange(conn, wish, owner=owner, prices=prices, now=now)
        return Answer(200, seen.model_dump_json().encode()).response()
    request = KeyedRequest(str(owner), key, POST_EXCHANGES, wish.model_dump(mode="json"))
    try:
        async with database.transaction() as conn:
            asked = await find_terms(
                conn, wish, quote_id=wish.quote, owner=owner, prices=prices, now=now
            )
            wanted, transfer = await prepare_exchange(
                conn, asked, owner=owner, memo=wish.memo, now=now
            )
    except Problem:
        # It may have been carried out before its quote expired.
        again = await answer_again(database, request)
        if again is None:
            raise
        return again
    try:
        return await journal.post(
            request,
            transfer,
            lambda posted: answer_to(posted, owner),
            record=lambda conn, posted: record_exchange(conn, posted, wanted),
        )
    except InsufficientFunds as short:
        raise hide_liquidity(short, wanted) from None


@router.post("/liquidity", status_code=201, response_model=TransferAnswer)
async def move_liquidity(
    wish: SupplyWish,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    journal: OpenJournal,
    now: Now,
) -> Response:
    """Put money into the community's liquidity, or take it out. Operators only, with a reason."""
    async with database.transaction() as conn:
        wanted = await supply_liquidity(
            conn, wish, operator=caller.user_id, community=caller.community, now=now
        )
    request = KeyedRequest(str(caller.user_id), key, POST_LIQUIDITY, wish.model_dump(mode="json"))
    return await journal.post(request, wanted, lambda posted: answer_to(posted, None))
