"""Logging in and out over HTTP, on the real database."""

import asyncio
import hashlib
import statistics
import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.clock import Clock, FixedClock
from gateway.sessions.find import find_session
from gateway.sessions.lifecycle import FREE_ATTEMPTS, IDLE, LONGEST


async def registered(gateway: Any) -> str:
    """A new person's e-mail."""
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    return email


async def test_a_person_logs_in_and_is_known(gateway: Any) -> None:
    """The token of a log-in says who is calling."""
    email = await registered(gateway)
    response, session = await gateway.log_in(f" {email.upper()} ")
    assert response.status == 201
    assert response.headers["Cache-Control"] == "no-store"
    assert session["token"].startswith("lxs_")
    assert len(session["token"]) == 47
    me, user = await gateway.send("GET", "/v1/me", token=session["token"])
    assert me.status == 200
    assert user == session["user"]


async def test_tokens_are_hashed_at_rest(gateway: Any) -> None:
    """Who reads the table cannot use what is in it."""
    _, session = await gateway.log_in(await registered(gateway))
    digest = hashlib.sha256(session["token"].encode()).digest()
    async with gateway.resources.database.connection() as conn:
        rows = await conn.fetch("SELECT session::text AS row, token_hash FROM session")
    assert digest in [row["token_hash"] for row in rows]
    assert not any(session["token"] in row["row"] for row in rows)


async def test_a_wrong_password_and_an_unknown_address_look_the_same(gateway: Any) -> None:
    """The answer does not tell who is registered."""
    email = await registered(gateway)
    wrong, first = await gateway.log_in(email, "not the password")
    unknown, second = await gateway.log_in(f"{uuid4().hex}@example.org", "not the password")
    assert (wrong.status, unknown.status) == (401, 401)
    assert first == second
    assert wrong.headers["WWW-Authenticate"] == "Bearer"


async def test_a_wrong_password_and_an_unknown_address_take_the_same_time(gateway: Any) -> None:
    """Nobody's password costs as much work as somebody's."""
    email = await registered(gateway)

    async def median_seconds(addresses: list[str]) -> float:
        taken = []
        for address in addresses:
            started = time.perf_counter()
            await gateway.log_in(address, "not the password")
            taken.append(time.perf_counter() - started)
        return statistics.median(taken)

    known = await median_seconds([email] * 7)
    unknown = await median_seconds([f"{uuid4().hex}@example.org" for _ in range(7)])
    assert 0.4 < known / unknown < 2.5


async def test_many_wrong_passwords_have_to_wait(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Guessing at once is counted too, and the right password has to wait as well."""
    email = await registered(gateway)
    monkeypatch.setattr(gateway.resources, "clock", FixedClock(gateway.resources.clock.now()))
    answers = await asyncio.gather(
        *(gateway.log_in(email, "guess number one") for _ in range(FREE_ATTEMPTS + 5))
    )
    statuses = [response.status for response, _ in answers]
    assert statuses.count(401) == FREE_ATTEMPTS
    assert statuses.count(429) == 5
    response, problem = await gateway.log_in(email)
    assert response.status == 429
    assert int(response.headers["Retry-After"]) == problem["retry_after_seconds"] >= 1


async def test_unknown_addresses_have_to_wait_as_well(gateway: Any) -> None:
    """The waiting does not tell who is registered."""
    email = f"{uuid4().hex}@example.org"
    answers = await asyncio.gather(
        *(gateway.log_in(email, "guess number one") for _ in range(FREE_ATTEMPTS + 1))
    )
    assert [r.status for r, _ in answers].count(429) == 1


async def test_a_logged_out_token_is_worth_nothing(gateway: Any) -> None:
    """Log-out holds at once; other sessions of the person go on."""
    email = await registered(gateway)
    _, first = await gateway.log_in(email)
    _, other = await gateway.log_in(email)
    await gateway.send("GET", "/v1/me", token=first["token"])
    response, body = await gateway.send("DELETE", "/v1/sessions/current", token=first["token"])
    assert (response.status, body) == (204, "")
    refused, _ = await gateway.send("GET", "/v1/me", token=first["token"])
    assert refused.status == 401
    kept, _ = await gateway.send("GET", "/v1/me", token=other["token"])
    assert kept.status == 200


@pytest.mark.parametrize("header", ["", "Bearer x", "Bearer lxs_" + "a" * 43, "Basic YTpi"])
async def test_strangers_are_refused(gateway: Any, header: str) -> None:
    """Without an open session there is a 401 with a challenge."""
    headers = {"Authorization": header} if header else {}
    response, problem = await gateway.send("GET", "/v1/me", headers=headers)
    assert response.status == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert problem["type"] == "urn:localex:problem:unauthenticated"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody", "password": "x"}, "email"),
        ({"email": "a@example.org"}, "password"),
        ({"email": "a@example.org", "password": ""}, "password"),
        ({"email": "a@example.org", "password": "x" * 257}, "password"),
        ({"email": "a@example.org", "password": 7}, "password"),
        ({"email": "a@example.org", "password": "x", "otp": "1"}, "otp"),
    ],
)
async def test_bad_credentials_are_named(gateway: Any, body: dict[str, Any], field: str) -> None:
    """Each bad field is a 422 that names it."""
    response, problem = await gateway.send("POST", "/v1/sessions", json=body)
    assert response.status == 422
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_sessions_end_when_idle_and_when_old(gateway: Any) -> None:
    """Twelve hours without use, or thirty days with it."""
    _, session = await gateway.log_in(await registered(gateway))
    database, cache = gateway.resources.database, gateway.resources.extra["session_cache"]
    clock: Clock = gateway.resources.clock
    start = clock.now()

    async def is_open(now: Any) -> bool:
        return await find_session(database, cache, session["token"], now=now) is not None

    assert await is_open(start + IDLE - timedelta(minutes=1))
    assert not await is_open(start + 3 * IDLE)
    # Used every eleven hours, it lives on until it is too old.
    now = start + IDLE - timedelta(minutes=1)
    while now < start + LONGEST - IDLE:
        now += IDLE - timedelta(hours=1)
        assert await is_open(now)
    assert not await is_open(start + LONGEST + timedelta(minutes=1))


async def test_old_sessions_are_forgotten(gateway: Any) -> None:
    """Thirty days after its end nothing is left of a session."""
    from gateway.sessions.prune import prune_sessions

    _, session = await gateway.log_in(await registered(gateway))
    digest = hashlib.sha256(session["token"].encode()).digest()
    kept = gateway.resources.clock

    async def count() -> int:
        async with gateway.resources.database.connection() as conn:
            found: int = await conn.fetchval(
                "SELECT count(*) FROM session WHERE token_hash = $1", digest
            )
        return found

    try:
        await prune_sessions(gateway.resources)
        assert await count() == 1
        gateway.resources.clock = FixedClock(kept.now() + 3 * LONGEST)
        await prune_sessions(gateway.resources)
        assert await count() == 0
    finally:
        gateway.resources.clock = kept
