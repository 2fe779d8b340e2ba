"""The list of devices: each person's own, ended one by one or all at once."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.clock import FixedClock
from chassis.step_up import FRESH
from services.gateway.tests.conftest import PASSWORD


async def logged_in(gateway: Any, email: str, agent: str) -> str:
    """A session's token."""
    _, session = await gateway.send(
        "POST",
        "/v1/sessions",
        json={"email": email, "password": PASSWORD},
        headers={"User-Agent": agent},
    )
    token: str = session["token"]
    return token


async def test_a_person_sees_their_devices(gateway: Any) -> None:
    """The last used first, and which one asks."""
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    await logged_in(gateway, email, "telephone")
    token = await logged_in(gateway, email, "desk" + "x" * 300)
    response, listed = await gateway.send("GET", "/v1/sessions", token=token)
    assert response.status == 200
    assert [(one["agent"][:9], one["current"]) for one in listed["sessions"]] == [
        ("deskxxxxx", True),
        ("telephone", False),
    ]
    assert {one["strengthened_by"] for one in listed["sessions"]} == {"password"}
    assert not any("token" in name for one in listed["sessions"] for name in one)


async def test_one_device_is_logged_out(gateway: Any) -> None:
    """At once; it is found by its id, never by a token."""
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    lost, token = [await logged_in(gateway, email, agent) for agent in ("lost", "kept")]
    _, listed = await gateway.send("GET", "/v1/sessions", token=token)
    path = f"/v1/sessions/{next(o['id'] for o in listed['sessions'] if not o['current'])}"
    assert (await gateway.send("DELETE", path, token=token))[0].status == 204
    assert (await gateway.send("GET", "/v1/me", token=lost))[0].status == 401
    assert (await gateway.send("DELETE", path, token=token))[0].status == 404
    assert (await gateway.send("GET", "/v1/me", token=token))[0].status == 200


async def test_all_other_devices_are_logged_out(gateway: Any) -> None:
    """The one that asks goes on."""
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    *others, token = [await logged_in(gateway, email, str(at)) for at in range(3)]
    assert (await gateway.send("DELETE", "/v1/sessions", token=token))[0].status == 204
    for other in others:
        assert (await gateway.send("GET", "/v1/me", token=other))[0].status == 401
    assert (await gateway.send("GET", "/v1/me", token=token))[0].status == 200


@pytest.mark.parametrize("path", ["/v1/sessions", f"/v1/sessions/{UUID(int=7)}"])
async def test_to_end_sessions_needs_a_fresh_proof(
    gateway: Any, clock: FixedClock, path: str
) -> None:
    """Who finds a session that was left open logs nobody out elsewhere; themselves, they may."""
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    other, token = [await logged_in(gateway, email, agent) for agent in ("lost", "kept")]
    clock.move(FRESH)
    response, problem = await gateway.send("DELETE", path, token=token)
    assert (response.status, problem["type"]) == (403, "urn:localex:problem:step-up-needed")
    assert (await gateway.send("GET", "/v1/me", token=other))[0].status == 200
    response, _ = await gateway.send("DELETE", "/v1/sessions/current", token=token)
    assert response.status == 204


async def test_nobody_ends_anothers_session(gateway: Any) -> None:
    """Another's session is one that is not there."""
    _, mine = await gateway.person()
    _, theirs = await gateway.person()
    _, listed = await gateway.send("GET", "/v1/sessions", token=theirs)
    path = f"/v1/sessions/{listed['sessions'][0]['id']}"
    assert (await gateway.send("DELETE", path, token=mine))[0].status == 404
    assert (await gateway.send("GET", "/v1/me", token=theirs))[0].status == 200


async def test_session_fixation_a_log_in_takes_no_token(gateway: Any) -> None:
    """Whatever token comes with a log-in, its session has a new one; the other stays."""
    theirs, planted = await gateway.person()
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    response, session = await gateway.send(
        "POST", "/v1/sessions", json={"email": email, "password": PASSWORD}, token=planted
    )
    assert response.status == 201
    assert session["token"] != planted
    _, still = await gateway.send("GET", "/v1/me", token=planted)
    assert still["id"] == theirs != session["user"]["id"]
