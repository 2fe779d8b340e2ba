"""Pages of somebody else, in a browser that has a session of ours."""

from typing import Final
from uuid import uuid4

import pytest

from gateway.browsers.lifecycle import COOKIE
from tests.attacks.edge import ask
from tests.journeys.people import Actor
from tests.stack.plugin import System

FOREIGN: Final = {
    "another_host": {"Origin": "https://evil.example"},
    "a_longer_name": {"Origin": "http://127.0.0.1.evil.example"},
    "another_port": {"Origin": "http://127.0.0.1:1"},
    "a_sandbox": {"Origin": "null"},
    "no_origin": {},
    "a_cross_site_fetch": {"Sec-Fetch-Site": "cross-site"},
    "a_sibling": {"Sec-Fetch-Site": "same-site"},
}


def jar(person: Actor) -> dict[str, str]:
    """What their browser sends, whoever asks."""
    return {"Cookie": f"{COOKIE}={person.client.token}", "Idempotency-Key": uuid4().hex}


async def balance(person: Actor) -> str:
    """What is on their account."""
    return await person.balance()


@pytest.mark.parametrize("page", FOREIGN)
async def test_csrf_a_foreign_page_writes_nothing(
    system: System, ana: Actor, eve: Actor, page: str
) -> None:
    """Money stays, nobody is logged out, nothing is put on offer."""
    headers = {**jar(ana), **FOREIGN[page]}
    before = await balance(ana)
    wish = {
        "from_account": str((await ana.account()).id),
        "to_user": str(eve.user.id),
        "amount": "1.00",
        "asset": "LXC",
    }
    for method, path, body in (
        ("POST", "/v1/transfers", wish),
        ("POST", "/v1/items", {"title": "Chair", "price": "1.00", "asset": "LXC"}),
        ("DELETE", "/v1/sessions", None),
        ("DELETE", "/v1/me", None),
    ):
        answer = await ask(system.gateway, method, path, headers=headers, json=body)
        assert answer.status_code == 403, (method, path)
        assert answer.json()["type"] == "urn:localex:problem:foreign-page"
    assert await balance(ana) == before


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"]
)
async def test_csrf_a_form_needs_no_preflight_and_gets_nowhere(
    system: System, ana: Actor, kind: str
) -> None:
    """What browsers send without asking first is refused before anything is read of it."""
    headers = {**jar(ana), "Content-Type": kind, "Origin": "https://evil.example"}
    content = b'{"title": "Chair", "price": "1.00", "asset": "LXC", "x": "="}'
    answer = await ask(system.gateway, "POST", "/v1/items", headers=headers, content=content)
    assert answer.status_code == 403


async def test_csrf_a_read_changes_nothing(system: System, ana: Actor, eve: Actor) -> None:
    """No write is to be had by GET, nor by a name of another method beside it."""
    before = await balance(ana)
    overridden = {**jar(ana), "X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"}
    query = {"to_user": str(eve.user.id), "amount": "1.00", "_method": "POST"}
    for path in ("/v1/transfers", "/v1/sessions/current", "/v1/me/password"):
        answer = await ask(system.gateway, "GET", path, headers=overridden, params=query)
        assert answer.status_code in (404, 405, 422), path
    assert await balance(ana) == before
    assert (await ana.client.me()).id == ana.user.id


@pytest.mark.parametrize("path", ["/v1/me", "/v1/accounts", "/v1/openapi.json"])
async def test_a_foreign_page_reads_nothing(system: System, ana: Actor, path: str) -> None:
    """No answer tells a browser that another page may have it, nor that it may ask."""
    headers = {**jar(ana), "Origin": "https://evil.example"}
    answer = await ask(system.gateway, "GET", path, headers=headers)
    assert "access-control-allow-origin" not in answer.headers
    before = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    asked = await ask(system.gateway, "OPTIONS", path, headers=before)
    assert not [name for name in asked.headers if name.startswith("access-control-")]
