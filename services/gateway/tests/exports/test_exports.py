"""Exports over the real database and object storage; the other services are an upstream of ours."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, web

from chassis.task_worker import do_task
from gateway.exports.make import EXPORT
from gateway.exports.order import KIND
from services.gateway.tests.conftest import Gateway, gateway_settings, run_gateway, serve_upstream
from services.gateway.tests.exports.reading import Export, read_export
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

KINDS = {KIND: EXPORT}
ACCOUNT, TRADE = str(uuid4()), str(uuid4())


async def services(request: web.Request) -> web.StreamResponse:
    """What ledger and marketplace would show: two pages of accounts, one trade with messages."""
    asked, cursor = request.path, request.query.get("cursor")
    if asked == "/v1/accounts":
        page = [{"id": str(uuid4())}] if cursor else [{"id": ACCOUNT}]
        return web.json_response({"accounts": page, "next_cursor": None if cursor else "more"})
    if asked == f"/v1/accounts/{ACCOUNT}/entries":
        return web.json_response({"entries": [{"seq": 1}, {"seq": 2}], "next_cursor": None})
    if asked == "/v1/trades":
        return web.json_response({"trades": [{"id": TRADE}], "next_cursor": None})
    if asked == f"/v1/trades/{TRADE}/messages":
        after = int(request.query.get("after", 0))
        told = [{"seq": after + 1, "text": "hello"}]
        return web.json_response({"messages": told, "next_after": None if after else 1})
    return web.json_response({"type": "urn:localex:problem:missing"}, status=404)


@pytest.fixture(scope="module")
async def exporting(
    scratch_database: ScratchDatabase, s3: Backend, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Gateway]:
    """A gateway with object storage."""
    async with serve_upstream() as upstream:
        upstream.answer = services
        settings = gateway_settings(
            tmp_path_factory.mktemp("gateway"),
            scratch_database.url("gateway"),
            upstream_ledger=upstream.address,
            upstream_marketplace=upstream.address,
            s3_endpoint=s3.settings["LOCALEX_S3_ENDPOINT"],
            s3_bucket=s3.settings["LOCALEX_S3_BUCKET"],
            s3_access_key=s3.settings["LOCALEX_S3_ACCESS_KEY"],
            s3_secret_key=s3.settings["LOCALEX_S3_SECRET_KEY"],
        )
        async with run_gateway(settings, upstream) as running:
            yield running


async def ask(gateway: Gateway, token: str, key: str = "") -> tuple[int, Any]:
    """Ask for an export."""
    headers = {"Idempotency-Key": key or uuid4().hex}
    answer, told = await gateway.send("POST", "/v1/me/export", token=token, headers=headers)
    return answer.status, told


async def look(gateway: Gateway, token: str, asked: Any) -> Any:
    """How far it is."""
    _, told = await gateway.send("GET", f"/v1/me/exports/{asked['id']}", token=token)
    return told


async def fetch(url: str) -> Export:
    """What the link gives, to whoever has it."""
    async with ClientSession() as client, client.get(url) as answer:
        assert answer.status == 200
        return read_export(await answer.read())


async def test_all_that_is_kept_of_a_person_is_in_one_file(exporting: Gateway) -> None:
    """This service's and the others', all pages of them, with digests; progress is told."""
    person, token = await exporting.person()
    status, asked = await ask(exporting, token)
    assert (status, asked["state"]) == (202, "WAITING")
    assert await do_task(exporting.resources, KINDS)
    seen = await look(exporting, token, asked)
    assert (seen["state"], seen["parts_done"]) == ("DONE", seen["parts"])
    found = await fetch(seen["url"])
    assert found.manifest["user_id"] == person
    assert [line["display_name"] for line in found.lines["profile"]] == ["Ana"]
    assert found.lines["identities"][0]["value"].endswith("@example.org")
    assert len(found.lines["sessions"]) == 1
    assert len(found.lines["accounts"]) == 2
    assert found.lines["entries"] == [{"account_id": ACCOUNT, "seq": n} for n in (1, 2)]
    assert [line["seq"] for line in found.lines["messages"]] == [1, 2]
    assert {line["trade_id"] for line in found.lines["messages"]} == {TRADE}
    assert found.lines["items"] == []
    assert seen["lines"] == sum(one["lines"] for one in found.manifest["files"])


async def ends(gateway: Gateway, person: str) -> list[str]:
    """What was told of a person's exports."""
    statement = """
    SELECT payload FROM outbox WHERE topic = 'gateway.exports.v1' AND key = $1 ORDER BY id
    """
    async with gateway.resources.database.connection() as conn:
        return [row["payload"] for row in await conn.fetch(statement, person)]


async def test_its_end_is_told_once(exporting: Gateway) -> None:
    """When it is there, not when it is asked for; where it lies is not in it."""
    person, token = await exporting.person()
    _, asked = await ask(exporting, token)
    assert await ends(exporting, person) == []
    assert await do_task(exporting.resources, KINDS)
    [event] = await ends(exporting, person)
    assert asked["id"] in event
    assert '"ready":true' in event
    assert ".zip" not in event


async def test_services_are_asked_as_the_person(exporting: Gateway) -> None:
    """In their name, as a member, each service by a token of its own."""
    person, token = await exporting.person()
    await ask(exporting, token)
    exporting.upstream.seen.clear()
    assert await do_task(exporting.resources, KINDS)
    asked = next(one for one in exporting.upstream.seen if one["target"].startswith("/v1/accounts"))
    said = exporting.verifier.verify(asked["headers"]["authorization"].removeprefix("Bearer "))
    assert (str(said.user_id), said.roles) == (person, frozenset({"MEMBER"}))


async def test_one_waits_at_a_time(exporting: Gateway) -> None:
    """A repeat and another wish are told of the same one; afterwards a new one can be asked for."""
    _, token = await exporting.person()
    key = uuid4().hex
    told = [(await ask(exporting, token, one))[1]["id"] for one in (key, key, "")]
    assert len(set(told)) == 1
    assert await do_task(exporting.resources, KINDS)
    _, later = await ask(exporting, token)
    assert later["id"] != told[0]
    _, listed = await exporting.send("GET", "/v1/me/exports", token=token)
    assert [one["id"] for one in listed["exports"]] == [later["id"], told[0]]
    assert all(one["url"] is None for one in listed["exports"])
    assert await do_task(exporting.resources, KINDS)


async def test_nobody_else_can_fetch_it(exporting: Gateway) -> None:
    """Not even its address is told."""
    _, token = await exporting.person()
    _, asked = await ask(exporting, token)
    assert await do_task(exporting.resources, KINDS)
    _, stranger = await exporting.person()
    seen = await look(exporting, stranger, asked)
    assert seen["type"] == "urn:localex:problem:no-such-export"
    _, listed = await exporting.send("GET", "/v1/me/exports", token=stranger)
    assert listed["exports"] == []


async def test_while_a_service_is_away_it_waits(exporting: Gateway) -> None:
    """Half an export is none; it is tried again."""
    _, token = await exporting.person()
    _, asked = await ask(exporting, token)

    async def broken(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=503)

    exporting.upstream.answer = broken
    try:
        assert await do_task(exporting.resources, KINDS)
    finally:
        exporting.upstream.answer = services
    seen = await look(exporting, token, asked)
    assert (seen["state"], seen["url"]) == ("WAITING", None)
