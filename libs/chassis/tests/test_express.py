"""The express way: what is plain is answered there, all else by the framework, and both alike."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx2
import orjson
import pytest
from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from chassis import context
from chassis.access import ALL_ROLES, Operator, Person
from chassis.express import BODY_MAX_BYTES, Call, Express, ExpressRoute
from chassis.health import Health
from chassis.http import create_app
from chassis.idempotency import IdempotencyKey
from chassis.problems import Missing, Transient
from chassis.tokens import Caller, TokenVerifier, mint, new_signing_key, public_jwks
from chassis.tracing import current_traceparent

ANA = Caller(UUID("01936d00-0000-7000-8000-00000000000a"), frozenset({"MEMBER"}), "riverside")
KEY = new_signing_key()
ITEM = "01936d00-0000-7000-8000-0000000000ff"
WAYS: list[str] = []


class Wish(BaseModel):
    """A body with rules."""

    model_config = ConfigDict(extra="forbid")

    amount: int


def answer(wish: Wish, caller: Caller, key: str) -> Response:
    """What both ways answer."""
    if wish.amount == 404:
        raise Missing("no such thing", field="amount")
    if wish.amount == 503:
        raise Transient("the database is away", retry_after_seconds=4)
    if wish.amount == 500:
        raise ZeroDivisionError("secret detail")
    said = {"amount": wish.amount, "by": str(caller.user_id), "key": key}
    return Response(orjson.dumps(said), 201, {"Location": "/v1/wishes/1"})


router = APIRouter()


@router.post("/wishes", status_code=201)
async def post_wish(wish: Wish, caller: Person, key: IdempotencyKey) -> Response:
    """The framework's way."""
    WAYS.append("framework")
    return answer(wish, caller, key)


@router.get("/wishes/{item}/state")
async def get_state(item: UUID, caller: Operator) -> Response:
    """The framework's way."""
    WAYS.append("framework")
    context.look(item)
    return Response(f"{item} {caller.user_id}")


async def post_plainly(call: Call) -> Response:
    """The express way."""
    WAYS.append("express")
    return answer(call.body, call.caller, call.key)


async def get_plainly(call: Call) -> Response:
    """The express way."""
    WAYS.append("express")
    context.look(call.id)
    return Response(f"{call.id} {call.caller.user_id}")


ROUTES = (
    ExpressRoute("POST", "/v1/wishes", ALL_ROLES, post_plainly, Wish),
    ExpressRoute("GET", "/v1/wishes/{id}/state", ("OPERATOR",), get_plainly),
)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of both ways; a header `x-way: framework` goes round the express one."""
    jwks = tmp_path / "jwks.json"
    jwks.write_bytes(orjson.dumps(public_jwks([KEY])))
    app = create_app("probe", [router], body_max_bytes=64 * 1024)
    app.state.health = Health("probe", database=None, expected_migrations=set())  # type: ignore[arg-type]
    app.state.verifier = TokenVerifier(jwks, "probe")
    resources: Any = SimpleNamespace()
    express = Express(app, ROUTES, resources, app.state.verifier)

    async def either(scope: Any, receive: Any, send: Any) -> None:
        forced = (b"x-way", b"framework") in scope["headers"]
        await (app if forced else express)(scope, receive, send)

    WAYS.clear()
    transport = httpx2.ASGITransport(either)
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as client:
        yield client


def headers(role: str = "MEMBER", **more: str) -> dict[str, str]:
    """Of a plain request."""
    caller = Caller(ANA.user_id, frozenset({role}), "riverside")
    plain = {
        "authorization": f"Bearer {mint(KEY, caller, 'probe')}",
        "content-type": "application/json",
        "idempotency-key": "k-1",
        "x-request-id": "request-0001",
    }
    return plain | {name.replace("_", "-"): value for name, value in more.items()}


async def test_a_plain_request_is_answered_the_express_way(client: httpx2.AsyncClient) -> None:
    """Caller, body and key arrive; the answer has the request's id."""
    got = await client.post("/v1/wishes", json={"amount": 3}, headers=headers())
    assert (got.status_code, WAYS) == (201, ["express"])
    assert got.json() == {"amount": 3, "by": str(ANA.user_id), "key": "k-1"}
    assert got.headers["x-request-id"] == "request-0001"
    got = await client.get(f"/v1/wishes/{ITEM}/state", headers=headers("OPERATOR"))
    assert (got.text, WAYS) == (f"{ITEM} {ANA.user_id}", ["express", "express"])


REQUESTS: dict[str, tuple[bytes, dict[str, str]]] = {
    "plain": (b'{"amount": 3}', headers()),
    "a problem": (b'{"amount": 404}', headers()),
    "not now": (b'{"amount": 503}', headers()),
    "no token": (b'{"amount": 3}', headers(authorization="")),
    "a forged token": (b'{"amount": 3}', headers(authorization="Bearer x.y.z")),
    "no key": (b'{"amount": 3}', headers(idempotency_key="")),
    "a long key": (b'{"amount": 3}', headers(idempotency_key="k" * 129)),
    "an unprintable key": (b'{"amount": 3}', headers(idempotency_key="\t")),
    "no JSON": (b'{"amount": ', headers()),
    "broken UTF-8": (b'{"amount": "\xff"}', headers()),
    "broken UTF-8 in a name": (b'{"amount\xff": 3}', headers()),
    "half a character": (b'{"amount": "\\ud800"}', headers()),
    "too deep": (b"[" * 15_000, headers()),
    "too many digits": (b'{"amount": 1' + b"0" * 5000 + b"}", headers()),
    "no number": (b'{"amount": NaN}', headers()),
    "UTF-16": ('{"amount": 3}'.encode("utf-16"), headers()),
    "another type": (b'{"amount": "x"}', headers()),
    "an unknown field": (b'{"amount": 3, "role": "ADMIN"}', headers()),
    "no body": (b"", headers()),
    "another content type": (b'{"amount": 3}', headers(content_type="text/plain")),
    "a large body": (b'{"amount": 3}' + b" " * BODY_MAX_BYTES, headers()),
    "too large a body": (b'{"amount": 3}' + b" " * 70_000, headers()),
    "an id that is none": (b'{"amount": 3}', headers(x_request_id="x")),
}


@pytest.mark.parametrize("name", REQUESTS)
async def test_both_ways_answer_alike(client: httpx2.AsyncClient, name: str) -> None:
    """Status, headers and body: a client can't tell which way its request went."""
    body, sent = REQUESTS[name]
    got = await client.post("/v1/wishes", content=body, headers=sent)
    other = await client.post("/v1/wishes", content=body, headers=sent | {"x-way": "framework"})
    assert (got.status_code, got.content) == (other.status_code, other.content)
    mine, theirs = dict(got.headers), dict(other.headers)
    if name == "an id that is none":
        assert mine.pop("x-request-id") != theirs.pop("x-request-id")
    assert mine == theirs


@pytest.mark.parametrize(
    "path", [f"/v1/wishes/{ITEM}/state?at=now", "/v1/wishes/7/state", f"/v1/wishes/{ITEM}/states"]
)
async def test_what_is_not_plain_goes_the_framework_s_way(
    client: httpx2.AsyncClient, path: str
) -> None:
    """A query, an id that is none, another path."""
    await client.get(path, headers=headers("OPERATOR"))
    assert "express" not in WAYS


async def test_a_role_that_may_not_is_refused(client: httpx2.AsyncClient) -> None:
    """By the framework, which says what is needed."""
    got = await client.get(f"/v1/wishes/{ITEM}/state", headers=headers("MEMBER"))
    assert (got.status_code, got.json()["needs"], WAYS) == (403, ["OPERATOR", "ADMIN"], [])


async def test_whose_things_are_shown_is_told_either_way(client: httpx2.AsyncClient) -> None:
    """The gateway writes it down; a request that shows nothing of others tells nobody."""
    sent = headers("OPERATOR")
    for more in ({}, {"x-way": "framework"}):
        got = await client.get(f"/v1/wishes/{ITEM}/state", headers=sent | more)
        assert got.headers["x-looked-at"] == ITEM
    assert WAYS == ["express", "framework"]
    got = await client.post("/v1/wishes", json={"amount": 3}, headers=sent)
    assert "x-looked-at" not in got.headers


async def test_a_defect_tells_nothing_but_its_trace(client: httpx2.AsyncClient) -> None:
    """500 with the id of the trace; what was raised is for the log."""
    got = await client.post("/v1/wishes", json={"amount": 500}, headers=headers())
    assert (got.status_code, WAYS) == (500, ["express"])
    assert "secret" not in got.text
    assert len(got.json()["trace_id"]) == 32


async def test_a_trace_goes_on_and_the_context_is_given_back() -> None:
    """The handler sees the caller's trace and request id; afterwards neither is left."""
    seen: list[tuple[str | None, str | None]] = []
    before = context.correlation_id.get()

    async def look(call: Call) -> Response:
        seen.append((current_traceparent(), context.correlation_id.get()))
        return Response(str(call.id))

    route = ExpressRoute("GET", "/v1/look", ALL_ROLES, look)
    trace = uuid4().hex
    verifier: Any = SimpleNamespace(verify=lambda _: ANA)
    resources: Any = SimpleNamespace()
    app: Any = None
    transport = httpx2.ASGITransport(Express(app, [route], resources, verifier))
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as straight:
        sent = headers(traceparent=f"00-{trace}-00f067aa0ba902b7-01")
        await straight.get("/v1/look", headers=sent)
    [(traceparent, request_id)] = seen
    assert traceparent
    assert traceparent.split("-")[1] == trace
    assert request_id == "request-0001"
    assert context.correlation_id.get() == before
