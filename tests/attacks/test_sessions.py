"""Sessions that an attacker chose, kept or wrote into an address."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from gateway.browsers.lifecycle import COOKIE
from tests.attacks.edge import ask
from tests.journeys.people import PASSWORD, Actor
from tests.stack.plugin import System

#: Ways to hand a browser or program a token that the attacker knows.
PLANTED: Final[dict[str, Callable[[str | None], dict[str, Any]]]] = {
    "header": lambda token: {"headers": {"Authorization": f"Bearer {token}"}},
    "cookie": lambda token: {"headers": {"Cookie": f"{COOKIE}={token}", "Origin": "null"}},
    "query": lambda token: {"params": {"token": token, "session": token}},
}


@pytest.mark.parametrize("way", PLANTED)
async def test_session_fixation_a_log_in_takes_no_token_of_the_client(
    system: System, ana: Actor, eve: Actor, way: str
) -> None:
    """Whoever is logged in gets a new token; the one that was planted stays its owner's."""
    planted = eve.client.token
    options = PLANTED[way](planted)
    wish = {"email": ana.email, "password": PASSWORD}
    answer = await ask(system.gateway, "POST", "/v1/sessions", json=wish, **options)
    # A page of somebody else does not even log in with the planted cookie.
    assert answer.status_code == (403 if way == "cookie" else 201)
    if answer.status_code == 201:
        assert answer.json()["token"] != planted
    me = await ask(system.gateway, "GET", "/v1/me", planted)
    assert me.json()["id"] == str(eve.user.id)


async def test_session_fixation_a_token_in_the_body_is_refused(system: System, ana: Actor) -> None:
    """It is an unknown field."""
    wish = {"email": ana.email, "password": PASSWORD, "token": "lxs_" + "A" * 43}
    answer = await ask(system.gateway, "POST", "/v1/sessions", json=wish)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "token"


async def test_session_fixation_a_step_up_leaves_the_old_token_worthless(
    system: System, ana: Actor
) -> None:
    """Whoever had caught the token does not share in what the person proves."""
    wish = {"email": ana.email, "password": PASSWORD}
    before = (await ask(system.gateway, "POST", "/v1/sessions", json=wish)).json()["token"]
    shown = {"password": PASSWORD}
    path = "/v1/sessions/current/step-up"
    after = (await ask(system.gateway, "POST", path, before, json=shown)).json()["token"]
    assert (await ask(system.gateway, "GET", "/v1/me", after)).status_code == 200
    for path in ("/v1/me", "/v1/accounts", "/v1/watches"):
        assert (await ask(system.gateway, "GET", path, before)).status_code == 401


@pytest.mark.parametrize("name", ["token", "access_token", "session", "authorization", "api_key"])
async def test_a_token_in_the_query_is_no_token(system: System, eve: Actor, name: str) -> None:
    """Addresses are in histories and logs: none opens anything."""
    for path in ("/v1/me", "/v1/accounts", "/v1/events"):
        answer = await ask(system.gateway, "GET", path, params={name: eve.client.token or ""})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "value",
    [
        "Basic {}",
        "Bearer {} {}",
        "Bearer{}",
        "Bearer\t{}",
        "Bearer ,{}",
        "Token {}",
        "{}",
        "Bearer",
    ],
)
async def test_odd_forms_of_a_header_are_no_token(system: System, eve: Actor, value: str) -> None:
    """One form counts; two readers agree on it."""
    headers = {"Authorization": value.replace("{}", eve.client.token or "")}
    for path in ("/v1/me", "/v1/accounts"):
        answer = await ask(system.gateway, "GET", path, headers=headers)
        assert answer.status_code == 401, value
