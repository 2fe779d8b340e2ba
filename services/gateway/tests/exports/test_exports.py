"""Exports over the real database and object storage; the other services are an upstream of ours."""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import ClientSession, web

from chassis.ids import new_id
from chassis.task_worker import do_task
from gateway.exports.make import EXPORT
from gateway.exports.order import KIND
from gateway.live.lifecycle import News
from gateway.live.tell import tell_people
from services.gateway.tests.conftest import Gateway, gateway_settings, run_gateway, serve_upstream
from services.gateway.tests.exports.reading import Export, read_export
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

KINDS = {KIND: EXPORT}
ACCOUNT, TRADE = str(uuid4()), str(uuid4())
IMAGE, GONE, REFUSED = str(uuid4()), str(uuid4()), str(uuid4())
#: Longer than what is read of it at a time.
PICTURE = secrets.token_bytes(300_000)


SHOWN: dict[str, Any] = {
    f"/v1/accounts/{ACCOUNT}/entries": {"entries": [{"seq": 1}, {"seq": 2}], "next_cursor": None},
    f"/v1/escrows/{TRADE}": {"id": TRADE, "state": "FUNDED"},
    "/v1/trades": {"trades": [{"id": TRADE}], "next_cursor": None},
    "/v1/images": {
        "images": [
            {"id": IMAGE, "urls": {"large": "/v1/images/aa/large.webp", "small": "/nowhere"}},
            {"id": GONE, "urls": {"large": "/v1/images/bb/large.webp"}},
            {"id": REFUSED, "urls": None},
        ],
        "next_cursor": None,
    },
}


async def services(request: web.Request) -> web.StreamResponse:
    """What the services would show: two pages of accounts, a trade with messages, a picture."""
    asked, cursor = request.path, request.query.get("cursor")
    if asked in SHOWN:
        return web.json_response(SHOWN[asked])
    if asked == "/v1/images/aa/large.webp":
        return web.Response(body=PICTURE)
    if asked == "/v1/accounts":
        page = [{"id": str(uuid4())}] if cursor else [{"id": ACCOUNT}]
        return web.json_response({"accounts": page, "next_cursor": None if cursor else "more"})
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
            upstream_search=upstream.address,
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
    assert found.lines["escrows"] == [{"trade_id": TRADE, "id": TRADE, "state": "FUNDED"}]
    assert found.lines["items"] == []
    assert seen["lines"] == sum(one["lines"] or 0 for one in found.manifest["files"])


async def test_pictures_are_in_it_as_they_are_shown(exporting: Gateway) -> None:
    """The largest of each; one that was deleted meanwhile or never shown is left out."""
    _, token = await exporting.person()
    _, asked = await ask(exporting, token)
    assert await do_task(exporting.resources, KINDS)
    seen = await look(exporting, token, asked)
    found = await fetch(seen["url"])
    assert found.pictures == {f"pictures/{IMAGE}.webp": PICTURE}
    assert (seen["pictures"], len(found.lines["images"])) == (1, 3)


async def test_what_the_gateway_keeps_is_in_it_without_secrets(exporting: Gateway) -> None:
    """Keys, endpoints, choices, what one was told; nothing that opens anything, nobody else's."""
    person, token = await exporting.person()
    _, other = await exporting.person()

    async def make(path: str, body: dict[str, Any], whose: str = token) -> Any:
        headers = {"Idempotency-Key": uuid4().hex}
        answer, told = await exporting.send("POST", path, token=whose, json=body, headers=headers)
        assert answer.status < 300, told
        return told

    shop = await make("/v1/me/api-keys", {"name": "my shop", "scopes": ["items:read"]})
    opened = await make("/v1/sessions/program", {}, shop["key"])
    hook = await make("/v1/webhooks/endpoints", {"url": "https://example.org/a", "event_types": []})
    theirs = await make("/v1/me/api-keys", {"name": "theirs", "scopes": ["items:read"]}, other)
    await exporting.send(
        "PUT",
        "/v1/me/vault/phone",
        token=token,
        json={"value": "+34600000000"},
        headers={"Idempotency-Key": uuid4().hex},
    )
    news = News(UUID(person), new_id(), "ledger.GiftReceived", {"amount": "5"}, datetime.now(UTC))
    async with exporting.resources.database.transaction() as conn:
        await tell_people(conn, [news])
    _, secrets_of = await exporting.send(
        "GET", f"/v1/webhooks/endpoints/{hook['id']}/secrets", token=token
    )
    _, asked = await ask(exporting, token)
    assert await do_task(exporting.resources, KINDS)
    found = await fetch((await look(exporting, token, asked))["url"])
    assert [(one["id"], one["name"]) for one in found.lines["api_keys"]] == [
        (shop["id"], "my shop")
    ]
    assert [one["api_key_id"] for one in found.lines["program_sessions"]] == [shop["id"]]
    assert [one["url"] for one in found.lines["webhook_endpoints"]] == ["https://example.org/a"]
    assert [one["field"] for one in found.lines["vault_fields"]] == ["phone"]
    assert [one["data"] for one in found.lines["events"]] == [{"amount": "5"}]
    assert [one["id"] for one in found.lines["exports"]] == [asked["id"]]
    assert len(found.lines["sessions"]) == 2
    told = str(found.lines)
    for secret in (shop["key"], token, opened["token"], secrets_of["secrets"][0]["secret"]):
        assert secret not in told
    assert (theirs["id"] in told, "+34600000000" in told) == (False, False)
    named = {name for lines in found.lines.values() for line in lines for name in line}
    assert not [name for name in named if re.search("hash|secret|sealed|cipher|token", name)]


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
