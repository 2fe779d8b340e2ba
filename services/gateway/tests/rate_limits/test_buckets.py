"""Buckets on the real Valkey, alone, and over HTTP."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gateway.rate_limits.buckets import SCRIPT, Buckets
from gateway.rate_limits.charge import Charges
from gateway.rate_limits.errors import TooManyRequests
from gateway.rate_limits.lifecycle import Limit
from gateway.valkey import Valkey
from services.gateway.tests.conftest import Gateway, run_before_upstream
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

#: Nothing comes back while a test runs.
SLOW = Limit("user", 0.01, 100)


@pytest.fixture
async def shared(valkey: Backend) -> AsyncIterator[list[Valkey]]:
    """Two processes' connections to one Valkey."""
    opened = [Valkey(valkey.settings["GATEWAY_VALKEY_URL"]) for _ in range(2)]
    yield opened
    for one in opened:
        await one.close()


async def taken_of(buckets: Buckets, key: str, limit: Limit, tries: int, cost: int = 1) -> int:
    """How many of so many tries were let in."""
    let_in = 0
    for _ in range(tries):
        try:
            await buckets.take(key, limit, cost)
        except TooManyRequests:
            continue
        let_in += 1
    return let_in


async def test_one_process_lets_in_exactly_a_burst(shared: list[Valkey]) -> None:
    """Leases change nothing: what is not used goes back."""
    assert await taken_of(Buckets(shared[0]), uuid4().hex, SLOW, 150) == 100


async def test_two_processes_share_a_bucket(shared: list[Valkey]) -> None:
    """Together never more than the burst; less by a lease that the other holds, at most."""
    key, pair = uuid4().hex, [Buckets(valkey) for valkey in shared]
    found = await asyncio.gather(*(taken_of(one, key, SLOW, 120) for one in pair))
    assert 100 - SLOW.lease_max <= sum(found) <= 100


async def test_many_at_once_are_counted_once_each(shared: list[Valkey]) -> None:
    """Concurrent requests of one person neither slip by nor are counted twice."""
    buckets, key = Buckets(shared[0]), uuid4().hex
    answers = await asyncio.gather(
        *(buckets.take(key, SLOW, 1) for _ in range(130)), return_exceptions=True
    )
    assert sum(isinstance(answer, TooManyRequests) for answer in answers) == 30


async def test_costs_count(shared: list[Valkey]) -> None:
    """Ten requests of ten cells use up a hundred."""
    assert await taken_of(Buckets(shared[0]), uuid4().hex, SLOW, 15, cost=10) == 10


async def test_most_requests_ask_nobody(shared: list[Valkey]) -> None:
    """A busy client's requests are answered from the lease: fewer than a tenth ask Valkey."""
    limit, asked = Limit("user", 1000, 10_000), 0
    valkey = shared[0]
    ask = valkey.ask

    async def counting(*command: Any) -> Any:
        nonlocal asked
        asked += 1
        return await ask(*command)

    valkey.ask = counting  # type: ignore[method-assign]
    assert await taken_of(Buckets(valkey), uuid4().hex, limit, 1000) == 1000
    assert asked < 100


async def test_a_refusal_says_how_long_to_wait(shared: list[Valkey]) -> None:
    """As facts and as headers; meanwhile Valkey is not asked again."""
    buckets, key, limit = Buckets(shared[0]), uuid4().hex, Limit("user", 0.5, 2)
    await taken_of(buckets, key, limit, 2)
    with pytest.raises(TooManyRequests) as refused:
        await buckets.take(key, limit, 1)
    headers = refused.value.headers()
    assert headers["Retry-After"] == "2"
    assert headers["RateLimit-Policy"] == '"user";q=2;w=4'
    assert headers["RateLimit"] == '"user";r=0;t=4'
    shared[0].away_until = time.monotonic() + 60
    with pytest.raises(TooManyRequests):
        await buckets.take(key, limit, 1)


async def test_while_valkey_is_away_a_quarter_is_let_in() -> None:
    """Each process counts by itself, more strictly."""
    away = Valkey("redis://gateway:x@127.0.0.1:9/0")
    assert await taken_of(Buckets(away), "k", SLOW, 60) == 25
    await away.close()


async def test_without_a_valkey_the_process_counts_alone() -> None:
    """Where none is configured this process is all there is."""
    assert await taken_of(Buckets(Valkey(None)), "k", SLOW, 150) == 100


async def test_the_script_forgets_full_buckets(shared: list[Valkey]) -> None:
    """A bucket's key ends when it would be full again."""
    key = f"gateway:rate:{uuid4().hex}"
    assert await shared[0].ask("EVAL", SCRIPT, 1, key, 1000, 100, 1, 1, 0) == [1, 0, 99]
    # On a busy machine it has ended by now: -2.
    assert await shared[0].ask("PTTL", key) in {-2, 0, 1, 2}


@pytest.fixture
def narrow(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The gateway with a limit of three for people and of five for addresses."""
    tight = {"rate_user_per_second": 0.01, "rate_user_burst": 3}
    tight |= {"rate_address_per_second": 0.01, "rate_address_burst": 5}
    settings = gateway.resources.settings.model_copy(update=tight)
    narrowed = Charges(settings, Buckets(Valkey(None)))
    for name in ("_user", "_address", "_buckets"):
        monkeypatch.setattr(gateway.resources.extra["charges"], name, getattr(narrowed, name))
    return gateway


async def test_who_asks_too_much_is_told_429(narrow: Any) -> None:
    """Own and forwarded routes share a person's limit; others are not concerned."""
    _, token = await narrow.person()
    answers = [
        await narrow.send("GET", path, token=token)
        for path in ("/v1/me", "/v1/accounts", "/v1/accounts", "/v1/accounts", "/v1/me")
    ]
    assert [response.status for response, _ in answers] == [200, 200, 200, 429, 429]
    assert [response.headers["RateLimit"] for response, _ in answers][:2] == [
        '"user";r=2;t=100',
        '"user";r=1;t=200',
    ]
    for response, problem in answers[3:]:
        assert response.content_type == "application/problem+json"
        assert problem["type"] == "urn:localex:problem:too-many-requests"
        assert problem["limit"] == "user"
        assert int(response.headers["Retry-After"]) == problem["retry_after_seconds"] == 100
    assert len(narrow.upstream.seen) == 2
    _, other = await narrow.person()
    response, _ = await narrow.send("GET", "/v1/accounts", token=other)
    assert response.status == 200


async def let_in(gateway: Gateway, token: str, tries: int = 60) -> int:
    """How many requests of a person are answered before the first 429."""
    for count in range(tries):
        response, _ = await gateway.send("GET", "/v1/accounts", token=token)
        if response.status == 429:
            assert response.headers["RateLimit-Policy"].startswith('"user";q=40;')
            return count
        assert response.status == 200
    return tries


async def test_the_limit_is_stricter_for_as_long_as_valkey_is_away(
    valkey: Backend, scratch_database: ScratchDatabase, tmp_path: Path
) -> None:
    """Forty while Valkey answers, ten when it was stopped, forty when it is back: never more."""
    limits = {"rate_user_per_second": 0.001, "rate_user_burst": 40}
    url = valkey.settings["GATEWAY_VALKEY_URL"]
    async with run_before_upstream(
        tmp_path, scratch_database, "ledger", valkey_url=url, **limits
    ) as gateway:
        before, meanwhile, after = [(await gateway.person())[1] for _ in range(3)]
        assert await let_in(gateway, before) == 40
        valkey.stop("valkey")
        try:
            assert await let_in(gateway, meanwhile) == 10
            assert await let_in(gateway, meanwhile) == 0
        finally:
            valkey.start("valkey")
        shared = gateway.resources.extra["hub"]._valkey
        async with asyncio.timeout(30):
            while not await shared.ask("PING"):  # noqa: ASYNC110 - nobody says that it is back
                await asyncio.sleep(0.1)
        assert await let_in(gateway, after) == 40


async def test_strangers_use_up_their_address(narrow: Any, monkeypatch: Any) -> None:
    """Guesses at tokens are counted before anything is looked up."""
    monkeypatch.setattr(narrow.resources.extra["charges"], "_ours_free", False)
    headers = {"Authorization": "Bearer lxs_" + "z" * 43}
    statuses = [
        (await narrow.send("GET", "/v1/accounts", headers=headers))[0].status for _ in range(7)
    ]
    assert statuses == [401] * 5 + [429] * 2


async def test_writes_cost_more_than_reads(narrow: Any) -> None:
    """A write takes two of three cells; the next finds one."""
    _, token = await narrow.person()
    first, _ = await narrow.send("POST", "/v1/transfers", token=token, json={})
    second, _ = await narrow.send("POST", "/v1/transfers", token=token, json={})
    third, _ = await narrow.send("GET", "/v1/accounts", token=token)
    assert [first.status, second.status, third.status] == [200, 429, 200]
