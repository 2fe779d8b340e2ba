"""What SQL refuses of exchanges, whoever writes: each rule by itself."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from ledger.exchanges import queries
from ledger.exchanges.find_terms import find_terms
from ledger.exchanges.models import Exchange, Terms
from ledger.exchanges.prepare import prepare_exchange
from ledger.exchanges.promise import promise_exchange
from ledger.exchanges.requests import QuoteWish
from ledger.fees.price_list import PriceList
from ledger.journal.models import Movement, Posted, Transfer
from ledger.journal.post import post_transfers
from services.ledger.tests.books import Books
from services.ledger.tests.conftest import Api
from services.ledger.tests.exchanges.market import open_market, wish

type Wanted = tuple[Exchange, Transfer]


@pytest.fixture
async def market(own_books: Books, own_api: Api) -> Books:
    """Books with a rate and liquidity."""
    await open_market(own_books, own_api)
    return own_books


async def prepare(books: Books) -> Wanted:
    """An exchange of 100.00 that could be."""
    ana = await books.open_person(20_000)
    asked = QuoteWish.model_validate(wish(ana.main))
    prices = PriceList(books.clock, 0)
    now = books.clock.now()
    async with books.transaction() as conn:
        found = await find_terms(conn, asked, owner=ana.id, prices=prices, now=now)
        return await prepare_exchange(conn, found, owner=ana.id, now=now)


async def record(books: Books, wanted: Wanted, terms: Terms, *, to: UUID | None = None) -> None:
    """Post the transfer, and write a record of these terms."""
    exchange, transfer = wanted
    async with books.transaction() as conn:
        [verdict] = await post_transfers(conn, [transfer], now=books.clock.now())
        assert isinstance(verdict, Posted), verdict
        destination = to or exchange.destination.id
        await queries.insert_exchange(conn, transfer.id, terms, exchange.source.id, destination)


def rule_of(refused: pytest.ExceptionInfo[asyncpg.CheckViolationError]) -> str:
    """The rule that was broken."""
    return str(refused.value.constraint_name)


async def test_a_true_record_is_taken(market: Books) -> None:
    """What the refusals below are measured against."""
    wanted = await prepare(market)
    await record(market, wanted, wanted[0].terms)
    assert await market.value("SELECT remainder FROM exchange") == 0
    await market.check()


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        ({"bought_minor": 10_791, "spread_minor": 53}, "exchange_at_rate"),
        ({"bought_minor": 10_789, "spread_minor": 55}, "exchange_at_rate"),
        ({"gross_minor": 10_844}, "exchange_at_rate"),
        ({"remainder": 1}, "exchange_at_rate"),
        ({"sold_minor": 9_999}, "exchange_at_rate"),
        ({"residue_minor": 2, "spread_minor": 53}, "exchange_at_rate"),
    ],
)
async def test_parts_that_are_not_the_rates_are_refused(
    market: Books, made: dict[str, int], rule: str
) -> None:
    """Each figure of the record follows from what was sold and the rate."""
    wanted = await prepare(market)
    terms = wanted[0].terms
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await record(market, wanted, replace(terms, conversion=replace(terms.conversion, **made)))
    assert rule_of(refused) == rule
    assert await market.value("SELECT count(*) FROM transfer WHERE kind = 'exchange'") == 0


async def test_a_rate_that_is_not_in_force_is_refused(market: Books) -> None:
    """Neither one to come, nor one that a newer version has replaced, nor one that is over."""
    wanted = await prepare(market)
    terms = wanted[0].terms
    for away in (timedelta(seconds=-1), timedelta(days=1)):
        rate = replace(
            terms.rate,
            id=new_id(),
            valid_from=terms.priced_at + away + timedelta(seconds=30),
            created_at=terms.priced_at + away,
            valid_until=None,
        )
        async with market.transaction() as conn:
            assert await queries.insert_rate(conn, rate)
    early = replace(terms, priced_at=terms.rate.valid_from - timedelta(seconds=1))
    market.clock.move(timedelta(seconds=40))
    late = replace(terms, priced_at=market.clock.now())
    for wrong in (early, late):
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await record(market, wanted, wrong)
        assert rule_of(refused) == "exchange_rate_in_force"
    future = replace(terms, priced_at=terms.priced_at + timedelta(seconds=20))
    market.clock.move(timedelta(seconds=-40))
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await record(market, wanted, future)
    assert rule_of(refused) == "exchange_priced_before"


async def test_a_record_of_another_transfer_is_refused(market: Books) -> None:
    """Of another kind, or one that moves something else, or to somebody else."""
    exchange, transfer = await prepare(market)
    terms = exchange.terms
    moves = transfer.movements
    more = (*moves[:3], replace(moves[3], amount_minor=10_791), replace(moves[4], amount_minor=53))
    other = (*more, *moves[5:])
    ben = await market.open_person()
    cases: list[tuple[Transfer, UUID | None, str]] = [
        (replace(transfer, kind="transfer"), None, "exchange_of_transfer"),
        (replace(transfer, movements=other), None, "exchange_fits_transfer"),
        (transfer, ben.main, "exchange_fits_transfer"),
    ]
    for wrong, to, rule in cases:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await record(market, (exchange, wrong), terms, to=to)
        assert rule_of(refused) == rule
    stray = Movement(ben.main, "LXC", 1), replace(moves[1], amount_minor=9_999)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await record(
            market, (exchange, replace(transfer, movements=(moves[0], *stray, *moves[2:]))), terms
        )
    assert rule_of(refused) == "exchange_fits_transfer"


async def test_nobody_else_moves_in_an_exchange(market: Books) -> None:
    """Two others who pay each other under its name, although every part of it is right."""
    exchange, transfer = await prepare(market)
    ben, cem = await market.open_person(100), await market.open_person()
    strays = (Movement(ben.main, "LXC", -1), Movement(cem.main, "LXC", 1))
    wanted = (exchange, replace(transfer, movements=(*transfer.movements, *strays)))
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await record(market, wanted, exchange.terms)
    assert rule_of(refused) == "exchange_fits_transfer"


async def test_an_exchange_without_a_record_is_refused_at_commit(market: Books) -> None:
    """Nobody can move two assets as an exchange and keep the rate to themselves."""
    _, transfer = await prepare(market)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await market.post(transfer)
    assert rule_of(refused) == "transfer_of_exchange"


async def test_a_promise_is_kept_as_it_was_made(market: Books) -> None:
    """Another amount, another time of pricing, a quote of nobody, and one that is over."""
    exchange, transfer = await prepare(market)
    now = market.clock.now()
    async with market.transaction() as conn:
        asked: Any = type("Asked", (), {"source": exchange.source, "terms": exchange.terms})
        owner = exchange.source.owner_id or new_id()
        quote = await promise_exchange(conn, asked, quote_id=new_id(), owner=owner, now=now)
    kept = replace(exchange.terms, quote_id=quote.id)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await record(market, (exchange, transfer), replace(kept, quote_id=new_id()))
    assert rule_of(refused) == "exchange_of_quote"
    market.clock.move(timedelta(seconds=1))
    late = replace(kept, priced_at=market.clock.now())
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await record(market, (exchange, transfer), late)
    assert rule_of(refused) == "exchange_of_quote"
    market.clock.move(timedelta(seconds=59))
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await record(market, (exchange, transfer), kept)
    assert rule_of(refused) == "exchange_in_time"
    market.clock.move(timedelta(seconds=-30))
    await record(market, (exchange, transfer), kept)


@pytest.mark.parametrize("role", ["ledger", "admin"])
@pytest.mark.parametrize("table", ["exchange", "exchange_rate", "exchange_quote"])
async def test_what_was_written_stays(market: Books, role: str, table: str) -> None:
    """Neither the service nor the owner edits rates, promises or records."""
    wanted = await prepare(market)
    await record(market, wanted, wanted[0].terms)
    column = "expires_at = now()" if table == "exchange_quote" else "rate_id = rate_id"
    change = "source = 'me'" if table == "exchange_rate" else column
    async with market.scratch.connect(role) as conn:
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
            await conn.execute(f"UPDATE ledger.{table} SET {change}")
        if table != "exchange_quote":
            with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.CheckViolationError)):
                await conn.execute(f"DELETE FROM ledger.{table}")
