"""The rows of the table of degraded modes that no journey tells: see docs/operations/degraded.md.

Kafka, OpenSearch, Valkey and one service away: `tests/journeys/test_faults.py`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import httpx2
import pytest

from localex_client import LocalEx, ProblemError
from localex_client.wire import new_key
from tests.journeys.away import SLOW_SECONDS, impatient, without
from tests.journeys.people import PASSWORD, Actor, eventually, funded_trade, somebody
from tests.journeys.test_pictures_of_a_bicycle import photo
from tests.stack.plugin import System

pytestmark = pytest.mark.slow

AGE_OUTBOX = """
UPDATE ledger.outbox SET created_at = created_at - interval '2 hours'
WHERE published_at IS NULL
"""


@asynccontextmanager
async def superuser(system: System) -> AsyncIterator[Any]:
    """The database, past every rule."""
    conn = await asyncpg.connect(system.backend.admin_url)
    try:
        yield conn
    finally:
        await conn.close()


def says_not_now(answer: httpx2.Response) -> bool:
    """503, when to come back, and a problem document."""
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) >= 1
    return bool(answer.headers["content-type"] == "application/problem+json")


def transfer_of(account_id: Any, payee: Actor, amount: str = "1.00") -> dict[str, str]:
    """A wish to send money."""
    parties = {"from_account": str(account_id), "to_user": str(payee.user.id)}
    return parties | {"amount": amount, "asset": "LXC"}


async def test_with_postgres_away_writes_wait_and_nothing_is_half_done(system: System) -> None:
    """Every write and log-in says 503; what needs no database goes on; the same key works after."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="20.00") as ben,
        impatient(system, ben) as once,
    ):
        account = (await ben.account()).id
        item = await ana.client.create_item("Kettle and stand", price="3.00")
        await eventually(lambda: _found(ben.client, "kettle"), bool)
        wish = transfer_of(account, ana)
        writes = {
            "/v1/transfers": wish,
            "/v1/trades": {"item_id": str(item.id), "amount": "3.00", "asset": "LXC"},
            "/v1/items": {"title": "Lid", "price": "1.00", "asset": "LXC"},
        }
        with without(system, "postgres"):
            for path, body in writes.items():
                assert says_not_now(
                    await once.send("POST", path, json=body, key=f"away-{path[4:]}")
                )
            login = {"email": ben.email, "password": PASSWORD}
            assert says_not_now(await once.send("POST", "/v1/sessions", json=login))
            assert says_not_now(await once.send("GET", "/v1/accounts"))
            # Cached sessions and the index need no database; nor does what is static.
            assert (await once.send("GET", "/v1/search", query={"q": "kettle"})).status_code == 200
            assert (await once.send("GET", "/health/live")).status_code == 200
            assert (await once.send("GET", "/.well-known/jwks.json")).status_code == 200

        async def pays() -> int:
            answer = await once.send("POST", "/v1/transfers", json=wish, key="away-transfers")
            return answer.status_code

        await eventually(pays, lambda status: status == 201, within_seconds=SLOW_SECONDS)
        assert await pays() == 201
        assert await eventually(ben.balance, bool) == "19.00"
        trades = await ben.client.ask("GET", "/v1/trades")
        assert trades["trades"] == []


async def _found(client: LocalEx, word: str) -> list[Any]:
    return list((await client.search(word)).items)


async def test_with_kafka_away_for_too_long_writes_are_refused(system: System) -> None:
    """Within the limit all is accepted into the outbox; beyond it 503, and nothing is lost."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="20.00") as ben,
        impatient(system, ben) as once,
    ):
        account = (await ben.account()).id
        with without(system, "kafka"):
            assert (await _pay(once, account, ana)).status_code == 201
            async with superuser(system) as conn:
                assert await conn.execute(AGE_OUTBOX) != "UPDATE 0"

            async def refused() -> bool:
                return (await _pay(once, account, ana)).status_code == 503

            await eventually(refused, bool)
            assert says_not_now(await _pay(once, account, ana))
            assert (await once.send("GET", "/v1/accounts")).status_code == 200
            await ben.logs_in_again()
            listed = await ana.client.create_item("Stool", price="1.00")
            assert listed.status == "active"

        async def accepted() -> int:
            return (await _pay(once, account, ana)).status_code

        await eventually(accepted, lambda s: s == 201, within_seconds=SLOW_SECONDS)
        async with superuser(system) as conn:
            unsent = "SELECT count(*) FROM ledger.outbox WHERE published_at IS NULL"
            await eventually(
                lambda: conn.fetchval(unsent), lambda n: n == 0, within_seconds=SLOW_SECONDS
            )


async def _balance(actor: Actor) -> str:
    """What somebody has; nothing as long as the ledger is away."""
    try:
        return await actor.balance()
    except ProblemError:
        return ""


async def _pay(client: LocalEx, account_id: Any, payee: Actor) -> httpx2.Response:
    body = transfer_of(account_id, payee, "0.10")
    return await client.send("POST", "/v1/transfers", json=body, key=new_key())


async def test_with_s3_away_money_and_goods_move(system: System) -> None:
    """Only copies of checkpoints wait, and pictures; what was listed stays listed."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
        impatient(system, ana) as once,
    ):
        before = await ana.client.create_item("Vase", price="2.00")
        kept = await ana.client.upload_image(photo(), media_type="image/jpeg")
        urls = (await ana.client.settled_image(kept.id)).urls
        assert urls is not None
        upload: dict[str, Any] = {"json": photo(), "headers": {"Content-Type": "image/jpeg"}}
        with without(system, "s3"):
            assert says_not_now(await once.send("POST", "/v1/images", key="vase", **upload))
            # No cache between us and the storage: each picture is fetched for the first time.
            assert says_not_now(await once.send("GET", urls["small"]))
            trade = await funded_trade(ana, ben, "4.00")
            await ana.client.hand_over(trade.id)
            await ben.client.confirm(trade.id)
            await ben.reaches(trade.id, "released")
            assert (await ana.client.get_item(before.id)).status == "active"
            assert (await ben.client.send("GET", "/v1/checkpoints/latest")).status_code in {
                200,
                404,
            }

        async def fetched() -> int:
            return (await once.send("GET", urls["small"])).status_code

        await eventually(fetched, lambda s: s == 200, within_seconds=SLOW_SECONDS)
        # The refused upload left nothing behind: the same key takes it now.
        taken = await ana.client.upload_image(photo(), media_type="image/jpeg", key="vase")
        assert (await ana.client.settled_image(taken.id)).state == "READY"
        async with superuser(system) as conn:
            size = await conn.fetchval("SELECT max(size) FROM ledger.transparency_checkpoint")
            copied = "SELECT count(*) FROM ledger.transparency_copy WHERE size >= $1"
            await eventually(lambda: conn.fetchval(copied, size), bool, within_seconds=SLOW_SECONDS)


async def test_browsing_goes_on_without_the_index(system: System) -> None:
    """By id, by category and one's own, from Postgres; searching says 503."""
    async with somebody(system, "Ana") as ana, impatient(system, ana) as once:
        item = await ana.client.create_item("Trowel", price="2.00", category="tools")
        with without(system, "opensearch"):
            assert (await once.send("GET", f"/v1/items/{item.id}")).status_code == 200
            shelf = await once.ask("GET", "/v1/items", query={"category": "tools"})
            assert str(item.id) in {one["id"] for one in shelf["items"]}
            assert says_not_now(await once.send("GET", "/v1/search", query={"q": "trowel"}))


async def test_a_price_that_the_index_missed_is_never_bought_at(system: System) -> None:
    """Found at 2.00, then 3.00 while the index is away: who names the old price has only asked."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
        impatient(system, ben) as once,
    ):
        word = f"dibber{ana.user.id.hex[-8:]}"
        item = await ana.client.create_item(word, price="2.00", category="tools")
        [found] = await eventually(lambda: _found(ben.client, word), bool)
        assert found.price == "2.00"
        with without(system, "opensearch"):
            await ana.client.patch_item(item.id, {"price": "3.00"})
            # Asked otherwise than before: what was asked within the last second is remembered.
            asked_anew = {"q": word, "sort": "newest"}
            assert says_not_now(await once.send("GET", "/v1/search", query=asked_anew))
            # All that can be read now has the price that counts.
            assert (await ben.client.get_item(item.id)).price == "3.00"
            shelf = await once.ask("GET", "/v1/items", query={"category": "tools"})
            assert [one["price"] for one in shelf["items"] if one["id"] == str(item.id)] == ["3.00"]
            # No price is taken from anywhere for a buyer who names none.
            unnamed = {"item_id": str(item.id), "asset": "LXC"}
            answer = await once.send("POST", "/v1/trades", json=unnamed, key=new_key())
            assert answer.status_code == 422, answer.text
            # The old one is a question to the seller, who asks for the real one; nothing is moved.
            asked = await ben.client.offer(item.id, found.price)
            assert asked.state == "offered"
            countered = await ana.client.counter(asked.id, "3.00")
            assert (countered.state, countered.amount) == ("offered", "3.00")
            assert (await ben.balance(), await ben.balance("ESCROW")) == ("10.00", "0.00")
            # What Ben agrees to is what he pays.
            await ben.client.accept(asked.id)
            await ben.reaches(asked.id, "funded")
            assert (await ben.balance(), await ben.balance("ESCROW")) == ("7.00", "3.00")


async def test_a_saga_pauses_with_its_service_and_compensates_once(system: System) -> None:
    """The marketplace is away while the ledger answers; called off, the money returns once."""
    async with (
        somebody(system, "Ana") as ana,
        somebody(system, "Ben", credits="10.00") as ben,
        impatient(system, ben) as once,
    ):
        chair = await ana.client.create_item("Chair", price="4.00")
        trade = await ben.client.offer(chair.id, "4.00")
        await ana.client.accept(trade.id)
        with without(system, "marketplace"):
            answer = await once.send("GET", f"/v1/trades/{trade.id}")
            assert says_not_now(answer)
            assert answer.json()["service"] == "marketplace"
            await eventually(ben.balance, lambda found: found == "6.00")
        await ben.reaches(trade.id, "funded", within_seconds=SLOW_SECONDS)
        with without(system, "ledger"):
            await ben.client.cancel(trade.id, reason="changed my mind", key="once")
            await ben.client.cancel(trade.id, reason="changed my mind", key="once")
        await ben.reaches(trade.id, "refunded", within_seconds=SLOW_SECONDS)
        system.backend.kill("ledger")
        system.backend.kill("marketplace")
        assert await eventually(lambda: _balance(ben), bool, within_seconds=SLOW_SECONDS) == "10.00"
        async with superuser(system) as conn:
            moved = await conn.fetchval(
                "SELECT count(*) FROM ledger.transfer WHERE metadata ->> 'escrow_id' = $1"
                " OR id IN (SELECT unnest(ARRAY[funded_by, settled_by]) FROM ledger.escrow"
                " WHERE id = $2)",
                str(trade.id),
                trade.id,
            )
            assert moved == 2
