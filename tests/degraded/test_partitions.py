"""One service is parted from one part that all others still have: see docs/operations/degraded.md.

The connections go through the torture's proxy. Parted by `mute` is a cable that is pulled out:
nobody is told, and who connects anew is never answered; by `reset` everybody is thrown out. What
has to find out by itself takes seconds for it, so it is asked for at once.
"""

import asyncio
import io
import random
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest
from PIL import Image

from embedded.places import Places
from embedded.torture.detours import make_detours, ports_told
from embedded.torture.proxy import Closing, Detour
from localex_client import LocalEx
from localex_client.wire import new_key
from tests.journeys.away import SLOW_SECONDS, impatient
from tests.journeys.people import PASSWORD, Actor, eventually, somebody
from tests.stack.on_embedded import EmbeddedBackend
from tests.stack.plugin import System, on_docker, system_of
from tests.stack.scratch import scratch_folder

pytestmark = [pytest.mark.slow, pytest.mark.stack]

COUNT_MOVED = """
SELECT count(*) FROM ledger.transfer
WHERE id IN (SELECT unnest(ARRAY[funded_by, settled_by]) FROM ledger.escrow WHERE id = $1)
"""


@dataclass(frozen=True)
class Parting:
    """A system whose services can be parted from what they need.

    Attributes:
        system: As its users meet it.
        detours: Before each part, with a door for each service.
    """

    system: System
    detours: Mapping[str, Detour]

    @contextmanager
    def without(self, service: str, part: str, how: Closing) -> Iterator[None]:
        """One service does not reach a part; the others do."""
        self.detours[part].keep_out(service, how)
        try:
            yield
        finally:
            self.detours[part].let_in(service)


@pytest.fixture(scope="module")
async def parting(request: pytest.FixtureRequest) -> AsyncIterator[Parting]:
    """A system of the module's own, behind detours."""
    if on_docker(request):
        pytest.skip("detours stand before the embedded stack only")
    with scratch_folder() as folder:
        detours = make_detours(Places.of(folder), random.Random(1))
        for detour in detours.values():
            await detour.open()
        backend = await asyncio.to_thread(
            EmbeddedBackend, None, folder=folder, detours=ports_told(detours)
        )
        try:
            yield Parting(system_of(backend), detours)
        finally:
            for detour in detours.values():
                detour.mend()
            await asyncio.to_thread(backend.close)
            for detour in detours.values():
                detour.close()
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
async def ana(parting: Parting) -> AsyncIterator[Actor]:
    """Who sells."""
    async with somebody(parting.system, "Ana") as actor:
        yield actor


@pytest.fixture(scope="module")
async def ben(parting: Parting) -> AsyncIterator[Actor]:
    """Who pays."""
    async with somebody(parting.system, "Ben", credits="100.00") as actor:
        yield actor


@pytest.fixture
async def once(parting: Parting, ben: Actor) -> AsyncIterator[LocalEx]:
    """Ben, who does not try again."""
    async with impatient(parting.system, ben) as client:
        yield client


async def purse(actor: Actor) -> Decimal:
    """What somebody has, but for what is held for trades."""
    return Decimal(await actor.balance())


async def status(client: LocalEx, path: str, **query: str) -> int:
    """What a look is answered with; 503 must say when to come back, and be a problem."""
    return check(await client.send("GET", path, query=query))


def check(answer: httpx2.Response) -> int:
    """The status; of a refusal, that it says all that it has to."""
    if answer.status_code >= 500:
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


async def pay(client: LocalEx, account: UUID, payee: Actor, key: str = "") -> int:
    """Send somebody one credit."""
    body = {"from_account": str(account), "to_user": str(payee.user.id)}
    body |= {"amount": "1.00", "asset": "LXC"}
    return check(await client.send("POST", "/v1/transfers", json=body, key=key or new_key()))


async def lists(client: LocalEx, title: str) -> int:
    """Offer something."""
    body = {"title": title, "price": "2.00", "asset": "LXC"}
    return check(await client.send("POST", "/v1/items", json=body, key=new_key()))


async def logs_in(client: LocalEx, actor: Actor) -> int:
    """Open another session, and use it no further."""
    body = {"email": actor.email, "password": PASSWORD}
    return check(await client.send("POST", "/v1/sessions", json=body))


async def found(client: LocalEx, word: str) -> int:
    """How many items a search finds; none while it is refused."""
    answer = await client.send("GET", "/v1/search", query={"q": word})
    return len(answer.json()["items"]) if check(answer) == 200 else 0


async def until_well(client: LocalEx, path: str) -> None:
    """Wait until what was parted is together again."""

    async def look() -> int:
        return await status(client, path)

    await eventually(look, lambda seen: seen == 200, within_seconds=SLOW_SECONDS)


async def accepted(seller: Actor, buyer: Actor) -> Any:
    """A trade for two credits that the ledger is asked to fund."""
    item = await seller.client.create_item("Garden chair", price="2.00")
    trade = await buyer.client.offer(item.id, "2.00")
    await seller.client.accept(trade.id)
    return trade


async def test_the_ledger_without_postgres(
    parting: Parting, ana: Actor, ben: Actor, once: LocalEx
) -> None:
    """Its routes say 503; goods, log-in and search go on; each effect is there once afterwards."""
    account, before = (await ben.account()).id, await purse(ben)
    with parting.without("ledger", "postgres", "mute"):
        refused = asyncio.gather(
            pay(once, account, ana, "parted"), status(once, "/v1/accounts"), pay(once, account, ana)
        )
        assert await lists(once, "Lamp") == 201
        assert await logs_in(once, ben) == 201
        assert await status(once, "/v1/search", q="lamp") == 200
        trade = await accepted(ana, ben)
        assert await status(once, f"/v1/trades/{trade.id}") == 200
        assert [*await refused] == [503, 503, 503]
    await until_well(once, "/v1/accounts")
    await ben.reaches(trade.id, "funded", within_seconds=SLOW_SECONDS)

    async def pays() -> int:
        return await pay(once, account, ana, "parted")

    await eventually(pays, lambda seen: seen == 201, within_seconds=SLOW_SECONDS)
    assert await pays() == 201
    assert before - await purse(ben) == 3


async def test_the_marketplace_without_postgres(
    parting: Parting, ana: Actor, ben: Actor, once: LocalEx
) -> None:
    """Goods wait; money, log-in and search do not."""
    account, before = (await ben.account()).id, await purse(ben)
    with parting.without("marketplace", "postgres", "reset"):
        assert await lists(once, "Lamp") == 503
        assert await status(once, "/v1/trades") == 503
        assert await pay(once, account, ana) == 201
        assert await logs_in(once, ben) == 201
        assert await status(once, "/v1/search", q="lamp") == 200
    await until_well(once, "/v1/trades")
    assert before - await purse(ben) == 1


async def test_the_gateway_without_postgres(
    parting: Parting, ana: Actor, ben: Actor, once: LocalEx
) -> None:
    """Who has a session that is remembered goes on; nobody opens another."""
    account, before = (await ben.account()).id, await purse(ben)
    with parting.without("gateway", "postgres", "reset"):
        assert await pay(once, account, ana) == 201
        assert await lists(once, "Lamp") == 201
        assert await status(once, "/v1/accounts") == 200
        assert await status(once, "/.well-known/jwks.json") == 200
        assert await logs_in(once, ben) == 503
    await eventually(lambda: logs_in(once, ben), lambda seen: seen == 201)
    assert before - await purse(ben) == 1


async def test_the_ledger_without_kafka(
    parting: Parting, ana: Actor, ben: Actor, once: LocalEx
) -> None:
    """Money moves within it; what it is asked by others waits, and so do its own events."""
    account, before = (await ben.account()).id, await purse(ben)
    word = f"dibber{uuid4().hex[-8:]}"
    with parting.without("ledger", "kafka", "mute"):
        trade = await accepted(ana, ben)
        assert await pay(once, account, ana) == 201
        assert await logs_in(once, ben) == 201
        # The others have it: what the marketplace says, search hears.
        assert await lists(ana.client, word) == 201
        await eventually(lambda: found(once, word), bool)
        assert (await ben.client.get_trade(trade.id)).state == "accepted"
        assert before - await purse(ben) == 1
    await ben.reaches(trade.id, "funded", within_seconds=SLOW_SECONDS)
    assert before - await purse(ben) == 3


async def test_the_gateway_without_valkey(
    parting: Parting, ana: Actor, ben: Actor, once: LocalEx
) -> None:
    """Nothing is refused; a session that is ended meanwhile stays ended."""
    account, before = (await ben.account()).id, await purse(ben)
    with parting.without("gateway", "valkey", "mute"):
        done = await asyncio.gather(
            pay(once, account, ana),
            lists(once, "Lamp"),
            status(once, "/v1/search", q="lamp"),
            logs_in(once, ana),
        )
        assert [*done] == [201, 201, 200, 201]
        await ben.client.log_out()
        assert await status(once, "/v1/accounts") == 401
    # It was never told of the log-out, and has the session as it was.
    assert await status(once, "/v1/accounts") == 401
    await ben.logs_in_again()
    assert before - await purse(ben) == 1


async def test_search_without_opensearch(
    parting: Parting, ana: Actor, ben: Actor, once: LocalEx
) -> None:
    """Only searching is refused; what is listed meanwhile is found afterwards."""
    word = f"trowel{uuid4().hex[-8:]}"
    with parting.without("search", "opensearch", "mute"):
        refused = asyncio.ensure_future(status(once, "/v1/search", q=word))
        assert await lists(ana.client, word) == 201
        assert await status(once, "/v1/items", category="other") == 200
        trade = await accepted(ana, ben)
        await ben.reaches(trade.id, "funded")
        assert await refused == 503
    await eventually(lambda: found(once, word), lambda n: n == 1, within_seconds=SLOW_SECONDS)


async def test_the_marketplace_without_s3(parting: Parting, once: LocalEx) -> None:
    """Only uploads are refused, and are taken afterwards; nothing that was listed is gone."""
    item = await once.create_item("Vase", price="2.00")
    picture = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(picture, "PNG")

    async def upload() -> int:
        headers = {"Content-Type": "image/png"}
        data = picture.getvalue()
        return check(
            await once.send("POST", "/v1/images", json=data, key=new_key(), headers=headers)
        )

    with parting.without("marketplace", "s3", "mute"):
        refused = asyncio.ensure_future(upload())
        assert await lists(once, "Lamp") == 201
        assert (await once.get_item(item.id)).status == "active"
        assert await refused == 503
    await eventually(upload, lambda seen: seen == 201, within_seconds=SLOW_SECONDS)


async def test_the_gateway_without_the_ledger(
    parting: Parting, ana: Actor, ben: Actor, once: LocalEx
) -> None:
    """The ledger's routes are refused, while it pays for trades as before, and pays back once."""
    before = await purse(ben)
    with parting.without("gateway", "ledger", "reset"):
        answer = await once.send("GET", "/v1/accounts")
        assert check(answer) == 503
        assert answer.json()["service"] == "ledger"
        trade = await accepted(ana, ben)
        await ben.reaches(trade.id, "funded")
        for _ in range(2):
            await ben.client.cancel(trade.id, reason="changed my mind", key="once")
        await ben.reaches(trade.id, "refunded")
    with parting.without("gateway", "ledger", "mute"):
        # Nobody says that it is away: what was asked for may have been done.
        hanging = asyncio.ensure_future(once.send("GET", "/v1/accounts"))
        assert await status(once, "/v1/trades") == 200
    # A connection that breaks is an answer.
    assert check(await hanging) in {200, 503}
    await until_well(once, "/v1/accounts")
    assert await purse(ben) == before
    conn = await asyncpg.connect(parting.system.backend.admin_url)
    assert await conn.fetchval(COUNT_MOVED, trade.id) == 2
    await conn.close()
