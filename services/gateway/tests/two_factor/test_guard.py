"""Operators and administrators use their power with a second factor only."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from chassis.clock import FixedClock
from services.gateway.tests.conftest import OPERATOR, run_before_upstream
from services.gateway.tests.two_factor.conftest import Person

NOBODY = "00000000-0000-0000-0000-000000000000"
#: What power opens here and in a service; a role's check comes before the body's.
POWERFUL: tuple[tuple[str, str, Any], ...] = (
    ("GET", "/accounts", None),
    ("POST", "/issuances", {}),
    ("GET", "/compliance-overrides", None),
    ("GET", f"/users/{NOBODY}/roles", None),
    ("POST", f"/users/{NOBODY}/compliance/readings", {"reason": "they asked us to"}),
)


@pytest.fixture(scope="module")
async def strict(scratch_database: Any, tmp_path_factory: Any) -> AsyncIterator[Any]:
    """A gateway as it is outside development."""
    folder = tmp_path_factory.mktemp("strict")
    async with run_before_upstream(
        folder, scratch_database, "ledger", operators_need_second_factor=True
    ) as running:
        yield running


@pytest.fixture(scope="module")
async def desk(strict: Any) -> Person:
    """The first operator, logged in by password alone."""
    strict.resources.clock = clock = FixedClock(strict.resources.clock.now())
    _, session = await strict.log_in(*OPERATOR)
    return Person(strict, clock, OPERATOR[0], session["token"])


@pytest.mark.parametrize(("method", "path", "body"), POWERFUL, ids=[p[1][:12] for p in POWERFUL])
async def test_power_without_a_second_factor_is_refused(
    desk: Person, method: str, path: str, body: Any
) -> None:
    """Nothing is forwarded, and the problem says how to enrol."""
    desk.gateway.upstream.seen.clear()
    response, problem = await desk.ask(method, path, body)
    assert (response.status, problem["type"]) == (403, "urn:localex:problem:enrol-first")
    assert "/v1/me/second-factor/totp" in problem["enrol"]
    assert not desk.gateway.upstream.seen


async def test_an_operators_key_is_no_way_around(desk: Person) -> None:
    """A program has no more power than its person."""
    wish = {"name": "desk", "scopes": ["accounts:read"]}
    headers = {"Idempotency-Key": "a-key-of-the-desk"}
    _, made = await desk.gateway.send(
        "POST", "/v1/me/api-keys", token=desk.token, json=wish, headers=headers
    )
    response, problem = await desk.gateway.send("GET", "/v1/accounts", token=made["key"])
    assert (response.status, problem["type"]) == (403, "urn:localex:problem:enrol-first")


async def test_who_has_no_power_needs_none(desk: Person) -> None:
    """Members go on by password; to have none is no news to them."""
    _, token = await desk.gateway.person()
    response, _ = await desk.gateway.send("GET", "/v1/accounts", token=token)
    assert response.status == 200


async def test_power_comes_with_the_second_factor(desk: Person) -> None:
    """What one needs to enrol is open; then all is, and goes with the last factor."""
    assert (await desk.ask("GET", "/me"))[0].status == 200
    await desk.enrol_app()
    for method, path, body in POWERFUL:
        response, problem = await desk.ask(method, path, body)
        assert response.status != 403, problem
    assert (await desk.ask("DELETE", "/me/second-factor/totp"))[0].status in (200, 204)
    guard = desk.gateway.resources.extra["guard"]
    guard._known.clear()
    response, problem = await desk.ask("GET", "/accounts")
    assert (response.status, problem["type"]) == (403, "urn:localex:problem:enrol-first")
