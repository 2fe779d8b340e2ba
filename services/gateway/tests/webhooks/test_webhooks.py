"""From an event to a program of others, and back, on the real database."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web

from chassis.clock import FixedClock
from chassis.consumer import Consumer
from gateway.webhooks import queries
from gateway.webhooks.consumers import WEBHOOKS
from gateway.webhooks.deliver import deliver_due
from gateway.webhooks.guard import open_guarded_client
from gateway.webhooks.lifecycle import is_signed, signed_headers
from services.gateway.tests.live.test_live import opened, records

SECRET = "whsec_" + "MfKQ" * 10 + "MfI="


@pytest.fixture
async def neighbours(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """The gateway may call its own network, as in development."""
    async with open_guarded_client(private=True) as client:
        settings = gateway.resources.settings.model_copy(update={"webhook_private": True})
        monkeypatch.setattr(gateway.resources, "settings", settings)
        monkeypatch.setitem(gateway.resources.extra, "guarded_client", client)
        monkeypatch.setattr(gateway.resources, "clock", FixedClock(gateway.resources.clock.now()))
        yield gateway


@contextmanager
def later(gateway: Any, by: timedelta) -> Iterator[None]:
    """For a while it is later; then it is as before, so that sessions have not ended."""
    clock = gateway.resources.clock
    then = clock.now()
    clock.move(by)
    yield
    clock.move(then - clock.now())


async def add(gateway: Any, token: str, **fields: Any) -> Any:
    """An endpoint at the tests' upstream."""
    body = {"url": gateway.upstream.address + "/hook", **fields}
    headers = {"Idempotency-Key": uuid4().hex}
    response, made = await gateway.send(
        "POST", "/v1/webhooks/endpoints", token=token, json=body, headers=headers
    )
    assert response.status == 201, made
    return made


async def tell(gateway: Any, *messages: Any) -> None:
    """Hear events as from Kafka, and deliver what is due."""
    await Consumer(WEBHOOKS, gateway.resources.database).handle(records(messages))
    gateway.resources.clock.move(timedelta(seconds=2))
    await deliver_due(gateway.resources)


async def deliveries(gateway: Any, token: str, endpoint: Any) -> list[Any]:
    """The log of an endpoint."""
    path = f"/v1/webhooks/endpoints/{endpoint['id']}/deliveries"
    _, found = await gateway.send("GET", path, token=token)
    listed: list[Any] = found["deliveries"]
    return listed


async def secrets_of(gateway: Any, token: str, endpoint: Any) -> list[str]:
    """What it is signed with."""
    _, found = await gateway.send(
        "GET", f"/v1/webhooks/endpoints/{endpoint['id']}/secrets", token=token
    )
    return [one["secret"] for one in found["secrets"]]


async def test_an_event_is_told_once_and_signed(neighbours: Any) -> None:
    """Who it concerns is told, with a signature that holds; heard twice, it is told once."""
    user_id, token = await neighbours.person()
    endpoint = await add(neighbours, token)
    got: list[Any] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        got.append((dict(request.headers), await request.read()))
        return web.Response()

    neighbours.upstream.answer = answer
    event = opened(UUID(user_id))
    consumer = Consumer(WEBHOOKS, neighbours.resources.database)
    same = records([event])
    await consumer.handle(same)
    await consumer.handle(same)
    await tell(neighbours)
    [seen] = neighbours.upstream.seen
    headers = seen["headers"]
    [log] = await deliveries(neighbours, token, endpoint)
    assert (log["state"], log["attempts"], log["answered"]) == ("delivered", 1, 200)
    assert headers["webhook-id"] == log["id"]
    assert headers["content-type"] == "application/json"
    [secret] = await secrets_of(neighbours, token, endpoint)
    async with neighbours.resources.database.connection() as conn:
        body = await conn.fetchval(
            "SELECT body FROM webhook_delivery WHERE id = $1", UUID(log["id"])
        )
    assert is_signed(
        [secret],
        headers["webhook-id"],
        headers["webhook-timestamp"],
        headers["webhook-signature"],
        body.encode(),
        neighbours.resources.clock.now(),
    )
    assert json.loads(body)["type"] == "ledger.AccountOpened"


async def test_only_what_is_wanted_is_told(neighbours: Any) -> None:
    """Other types, and what concerns others, is not."""
    user_id, token = await neighbours.person()
    await add(neighbours, token, event_types=["marketplace.TradeReleased"])
    other, _ = await neighbours.person()
    await tell(neighbours, opened(UUID(user_id)), opened(UUID(other)))
    assert neighbours.upstream.seen == []


async def failing(_request: web.Request) -> web.StreamResponse:
    """An endpoint that is ill."""
    return web.Response(status=500)


async def test_a_failure_is_tried_again_and_five_rest(neighbours: Any) -> None:
    """With pauses; after five in a row the endpoint rests, and one success makes it well."""
    user_id, token = await neighbours.person()
    endpoint = await add(neighbours, token)
    neighbours.upstream.answer = failing
    await tell(neighbours, opened(UUID(user_id)))
    [log] = await deliveries(neighbours, token, endpoint)
    assert (log["state"], log["attempts"], log["answered"]) == ("pending", 1, 500)
    await deliver_due(neighbours.resources)
    assert len(neighbours.upstream.seen) == 1
    for pause in (6, 40, 400, 2500):
        neighbours.resources.clock.move(timedelta(seconds=pause))
        await deliver_due(neighbours.resources)
    assert len(neighbours.upstream.seen) == 5
    _, listed = await neighbours.send("GET", "/v1/webhooks/endpoints", token=token)
    assert listed["endpoints"][0]["paused_until"] is not None
    neighbours.upstream.answer = None
    await tell(neighbours, opened(UUID(user_id)))
    assert len(neighbours.upstream.seen) == 5
    neighbours.resources.clock.move(timedelta(minutes=1))
    await deliver_due(neighbours.resources)
    assert len(neighbours.upstream.seen) == 6
    _, listed = await neighbours.send("GET", "/v1/webhooks/endpoints", token=token)
    assert listed["endpoints"][0]["paused_until"] is None


async def test_what_has_failed_can_be_redriven(neighbours: Any) -> None:
    """After the last try nobody tries again, until its person asks for it."""
    user_id, token = await neighbours.person()
    endpoint = await add(neighbours, token)
    neighbours.upstream.answer = failing
    await tell(neighbours, opened(UUID(user_id)))
    with later(neighbours, timedelta()):
        for _ in range(12):
            neighbours.resources.clock.move(timedelta(days=1))
            await deliver_due(neighbours.resources)
    [log] = await deliveries(neighbours, token, endpoint)
    assert (log["state"], log["attempts"]) == ("failed", 10)
    neighbours.upstream.answer = None
    path = f"/v1/webhooks/deliveries/{log['id']}/redrive"
    _, stranger = await neighbours.person()
    response, _ = await neighbours.send("POST", path, token=stranger)
    assert response.status == 404
    response, _ = await neighbours.send("POST", path, token=token)
    assert response.status == 202
    with later(neighbours, timedelta(days=20)):
        await deliver_due(neighbours.resources)
    [log] = await deliveries(neighbours, token, endpoint)
    assert log["state"] == "delivered"


async def test_secrets_overlap_after_a_rotation(neighbours: Any) -> None:
    """For a day messages are signed with both."""
    user_id, token = await neighbours.person()
    endpoint = await add(neighbours, token)
    headers = {"Idempotency-Key": "k"}
    path = f"/v1/webhooks/endpoints/{endpoint['id']}/rotate-secret"
    for _ in range(2):
        response, _ = await neighbours.send("POST", path, token=token, headers=headers)
        assert response.status == 204
    assert len(await secrets_of(neighbours, token, endpoint)) == 2
    await tell(neighbours, opened(UUID(user_id)))
    assert len(neighbours.upstream.seen[0]["headers"]["webhook-signature"].split(" ")) == 2
    now = neighbours.resources.clock.now()
    async with neighbours.resources.database.connection() as conn:
        for hours, count in ((23, 2), (25, 1)):
            at = now + timedelta(hours=hours)
            good = await queries.select_secrets(conn, UUID(endpoint["id"]), UUID(user_id), at)
            assert len(good) == count


async def test_an_endpoint_that_is_gone_is_told_nothing_more(neighbours: Any) -> None:
    """410 ends it; a redirect is a failure and is not followed."""
    user_id, token = await neighbours.person()
    endpoint = await add(neighbours, token)

    async def elsewhere(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": neighbours.upstream.address})

    neighbours.upstream.answer = elsewhere
    await tell(neighbours, opened(UUID(user_id)))
    [log] = await deliveries(neighbours, token, endpoint)
    assert (log["state"], log["answered"]) == ("pending", 302)
    assert len(neighbours.upstream.seen) == 1

    async def gone(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=410)

    neighbours.upstream.answer = gone
    neighbours.resources.clock.move(timedelta(seconds=6))
    await deliver_due(neighbours.resources)
    _, listed = await neighbours.send("GET", "/v1/webhooks/endpoints", token=token)
    assert listed["endpoints"][0]["state"] == "gone"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "[::1]", "0"])
async def test_ssrf_a_name_that_leads_to_us_is_not_called(gateway: Any, host: str) -> None:
    """However it is written, only public addresses are called; the log tells why not."""
    user_id, token = await gateway.person()
    port = gateway.upstream.address.rpartition(":")[2]
    endpoint = await add(gateway, token, url=f"http://{host}:{port}/hook")
    await Consumer(WEBHOOKS, gateway.resources.database).handle(records([opened(UUID(user_id))]))
    await deliver_due(gateway.resources)
    assert gateway.upstream.seen == []
    [log] = await deliveries(gateway, token, endpoint)
    assert (log["state"], log["answered"]) == ("pending", None)
    assert "may not be called" in log["error"]


async def test_ten_endpoints_are_enough(gateway: Any) -> None:
    """Many at once are counted, too; others can neither see nor remove them."""
    _, token = await gateway.person()
    body = {"url": "https://shop.example/hook"}

    async def one() -> int:
        headers = {"Idempotency-Key": uuid4().hex}
        response, _ = await gateway.send(
            "POST", "/v1/webhooks/endpoints", token=token, json=body, headers=headers
        )
        status: int = response.status
        return status

    statuses = await asyncio.gather(*(one() for _ in range(13)))
    assert (statuses.count(201), statuses.count(409)) == (10, 3)
    _, listed = await gateway.send("GET", "/v1/webhooks/endpoints", token=token)
    _, stranger = await gateway.person()
    path = f"/v1/webhooks/endpoints/{listed['endpoints'][0]['id']}"
    for who, status in ((stranger, 404), (token, 204), (token, 404)):
        response, _ = await gateway.send("DELETE", path, token=who)
        assert response.status == status


async def test_an_unsafe_url_is_a_named_problem(gateway: Any, token: str) -> None:
    """The field, the rule and what to do."""
    response, problem = await gateway.send(
        "POST",
        "/v1/webhooks/endpoints",
        token=token,
        json={"url": "https://me:pw@shop.example/"},
        headers={"Idempotency-Key": "k1"},
    )
    assert response.status == 422
    assert problem["errors"][0]["field"] == "url"


@pytest.fixture
def source(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider who may tell us."""
    settings = gateway.resources.settings.model_copy(update={"webhook_sources": {"bank": [SECRET]}})
    monkeypatch.setattr(gateway.resources, "settings", settings)


@pytest.mark.usefixtures("source")
async def test_a_signed_message_is_kept_once(gateway: Any) -> None:
    """As it came; a repeat is thanked for and not kept again."""
    body = b'{"paid": "12.00"}'
    headers = signed_headers([SECRET], uuid4().hex, gateway.resources.clock.now(), body)
    for _ in range(2):
        response, _ = await gateway.send("POST", "/v1/webhooks-in/bank", data=body, headers=headers)
        assert response.status == 204
    async with gateway.resources.database.connection() as conn:
        kept = await conn.fetch(
            "SELECT body FROM webhook_received WHERE id = $1", headers["webhook-id"]
        )
    assert [bytes(row["body"]) for row in kept] == [body]


@pytest.mark.usefixtures("source")
async def test_a_message_that_nobody_signed_is_refused(gateway: Any) -> None:
    """Changed, unsigned, or from nobody we know."""
    headers = signed_headers([SECRET], "m1", gateway.resources.clock.now(), b"{}")
    for path, data, sent, status in (
        ("bank", b"{ }", headers, 401),
        ("bank", b"{}", {}, 401),
        ("other", b"{}", headers, 404),
    ):
        response, _ = await gateway.send("POST", f"/v1/webhooks-in/{path}", data=data, headers=sent)
        assert response.status == status
