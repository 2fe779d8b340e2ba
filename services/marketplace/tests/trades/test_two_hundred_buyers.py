"""Neither stock nor money is promised twice: many buyers race, and the real ledger pays."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest

from chassis.clock import FixedClock
from chassis.consumer import Consumer
from chassis.ids import new_id
from ledger.accounts.models import PERSONAL, Account
from ledger.accounts.open import open_accounts
from ledger.escrow.consumers import make_subscription
from ledger.journal.models import Posted
from services.ledger.tests.books import COMMUNITY, NOW, Books, transfer
from services.marketplace.tests.conftest import TOMORROW, Market, Member
from tests.stack.database import ScratchDatabase

BUYERS, PIECES = 200, 10
WEALTH, PRICE = 10_000, 6_100


class Town:
    """Marketplace and ledger over one real Postgres; what one says is delivered to the other."""

    def __init__(self, market: Market, books: Books) -> None:
        """Nothing has been delivered yet."""
        self.market, self.books = market, books
        self.mains: dict[Any, tuple[Any, Any]] = {}
        self._heard = {"marketplace": 0, "ledger": 0}
        self._escrow = Consumer(make_subscription(books.clock, 100), books.database)

    async def open_accounts(self, *members: Member) -> None:
        """Accounts with money for everybody, in two transactions."""
        wanted = [
            Account(new_id(), member.id, kind, "LXC", COMMUNITY)
            for member in members
            for kind in PERSONAL
        ]
        async with self.books.transaction() as conn:
            await open_accounts(conn, wanted, now=NOW)
        places = {(one.owner_id, one.type): one.id for one in wanted}
        self.mains |= {m.id: (places[m.id, "MAIN"], places[m.id, "ESCROW"]) for m in members}
        source = await self.books.outside()
        issued = [transfer(source, self.mains[m.id][0], WEALTH) for m in members]
        assert all(isinstance(one, Posted) for one in await self.books.post(*issued))

    async def balances(self, member: Member) -> tuple[int, int]:
        """MAIN and ESCROW of a member."""
        main, escrow = self.mains[member.id]
        return await self.books.balance(main), await self.books.balance(escrow)

    async def deliver(self) -> None:
        """Bring the commands to the ledger, then its answers to the marketplace."""
        await self._escrow.handle(await self._new("marketplace", "ledger.escrow_commands.v1"))
        consumer = self.market.consumers["marketplace.trades"]
        await consumer.handle(await self._new("ledger", "ledger.escrow.v1"))

    async def _new(self, schema: str, topic: str) -> list[SimpleNamespace]:
        database = self.market.database if schema == "marketplace" else self.books.database
        rows = await database.pool.fetch(
            "SELECT id, topic, headers, payload FROM outbox WHERE id > $1 AND topic = $2 "
            "ORDER BY id",
            self._heard[schema],
            topic,
        )
        self._heard[schema] = max([row["id"] for row in rows], default=self._heard[schema])
        return [
            SimpleNamespace(
                topic=topic,
                partition=0,
                offset=row["id"],
                value=row["payload"].encode(),
                headers=[(name, str(value).encode()) for name, value in row["headers"].items()],
            )
            for row in rows
        ]


@pytest.fixture
async def town(market: Market, scratch_database: ScratchDatabase) -> AsyncIterator[Town]:
    """Both services over the module's database."""
    async with scratch_database.open("ledger") as database:
        yield Town(market, Books(scratch_database, database, FixedClock(TOMORROW)))


async def insist(member: Member, path: str, body: Any = None) -> httpx2.Response:
    """Post until the service lets it in: many at once are told to come again."""
    while True:
        answer = await member.post(path, body)
        if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
            return answer
        await asyncio.sleep(0.02)


async def offers(town: Town, count: int, quantity: int, pieces: int) -> tuple[Any, Any, Any]:
    """A seller, buyers with accounts, and an offer of each that the seller has countered."""
    seller = town.market.member()
    buyers = [town.market.member() for _ in range(count)]
    await town.open_accounts(seller, *buyers)
    item = await town.market.sell(seller, quantity=pieces)
    wanted = {"item_id": item["id"], "amount": "60.00", "asset": "LXC", "quantity": quantity}
    made = await asyncio.gather(*(insist(buyer, "/trades", wanted) for buyer in buyers))
    ids = [answer.json()["id"] for answer in made]
    countered = await asyncio.gather(
        *(insist(seller, f"/trades/{one}/counter", {"amount": "61.00"}) for one in ids)
    )
    assert {answer.status_code for answer in countered} == {200}
    return seller, item, list(zip(buyers, ids, strict=True))


async def test_of_two_hundred_buyers_ten_get_the_ten_pieces(town: Town) -> None:
    """All accept at once: ten win, and only their money moves; it all reaches the seller."""
    seller, item, trades = await offers(town, BUYERS, 1, PIECES)
    answers = await asyncio.gather(*(insist(b, f"/trades/{t}/accept") for b, t in trades))
    assert Counter(answer.status_code for answer in answers) == {200: 10, 409: 190}
    assert await town.market.stock(item["id"]) == ("reserved", PIECES, PIECES, 0)
    pairs = list(zip(trades, answers, strict=True))
    winners = [trade for trade, answer in pairs if answer.status_code == httpx2.codes.OK]
    losers = [buyer for (buyer, _), answer in pairs if answer.status_code != httpx2.codes.OK]

    await town.deliver()
    assert [await town.balances(buyer) for buyer, _ in winners] == [(WEALTH - PRICE, PRICE)] * 10
    assert {await town.balances(buyer) for buyer in losers} == {(WEALTH, 0)}
    for buyer, trade in winners:
        await seller.made(f"/trades/{trade}/hand-over")
        await buyer.made(f"/trades/{trade}/confirm")
    await town.deliver()

    assert await town.market.stock(item["id"]) == ("sold", PIECES, 0, PIECES)
    assert await town.balances(seller) == (WEALTH + 10 * (PRICE - 61), 0)
    assert {await town.balances(buyer) for buyer, _ in winners} == {(WEALTH - PRICE, 0)}
    assert {await town.balances(buyer) for buyer in losers} == {(WEALTH, 0)}
    await town.books.check()
    states = await town.market.database.pool.fetch(
        "SELECT state, count(*) AS n FROM trade WHERE item_id = $1 GROUP BY state", item["id"]
    )
    assert {row["state"]: row["n"] for row in states} == {"released": 10, "offered": 190}


async def test_pieces_are_counted_and_money_decides_last(town: Town) -> None:
    """Threes of ten: three buyers win nine pieces; who has no money gives theirs back."""
    _seller, item, trades = await offers(town, 12, 3, PIECES)
    answers = await asyncio.gather(*(insist(b, f"/trades/{t}/accept") for b, t in trades))
    won = [t for t, a in zip(trades, answers, strict=True) if a.status_code == httpx2.codes.OK]
    assert len(won) == 3
    assert await town.market.stock(item["id"]) == ("active", PIECES, 9, 0)
    poor, _ = won[0]
    spent = transfer(town.mains[poor.id][0], await town.books.issuance(), WEALTH)
    assert isinstance((await town.books.post(spent))[0], Posted)
    await town.deliver()
    assert await town.market.stock(item["id"]) == ("active", PIECES, 6, 0)
    found = [(await buyer.get(f"/trades/{trade}")).json()["state"] for buyer, trade in won]
    assert found == ["cancelled", "funded", "funded"]
    assert await town.balances(poor) == (0, 0)
    await town.books.check()
