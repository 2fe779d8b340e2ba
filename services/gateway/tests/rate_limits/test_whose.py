"""Whose limit a request counts against: a session's or program's, its person's, an operator's."""

from typing import Any, Final
from uuid import uuid4

import pytest

from gateway.rate_limits.buckets import Buckets
from gateway.rate_limits.charge import Charges
from gateway.valkey import Valkey
from services.gateway.tests.conftest import OPERATOR

#: Limits that nobody but those of a test meets.
WIDE: Final = {"rate_user_burst": 1_000, "rate_key_burst": 1_000, "rate_operator_burst": 1_000}
SLOW: Final = {f"rate_{whose}_per_second": 0.01 for whose in ("user", "key", "operator", "address")}


def limit(gateway: Any, monkeypatch: pytest.MonkeyPatch, **bursts: int) -> None:
    """Give the gateway these bursts, which do not come back while a test runs."""
    settings = gateway.resources.settings.model_copy(update={**SLOW, **WIDE, **bursts})
    narrowed = Charges(settings, Buckets(Valkey(None)))
    for name in ("_user", "_key", "_operator", "_buckets"):
        monkeypatch.setattr(gateway.resources.extra["charges"], name, getattr(narrowed, name))


async def statuses(gateway: Any, token: str, tries: int) -> list[int]:
    """What so many reads of one token are answered."""
    return [
        (await gateway.send("GET", "/v1/accounts", token=token))[0].status for _ in range(tries)
    ]


async def program_of(gateway: Any, token: str) -> str:
    """A key of a person's, for a program that reads accounts."""
    body = {"name": "shop", "scopes": ["accounts:read"]}
    response, made = await gateway.send("POST", "/v1/me/api-keys", token=token, json=body)
    assert response.status == 201, made
    return str(made["key"])


async def test_each_program_has_a_limit_of_its_own(gateway: Any, monkeypatch: Any) -> None:
    """One key that asks too much is refused by it; neither the other nor its owner is concerned."""
    _, owner = await gateway.person()
    first, second = [await program_of(gateway, owner) for _ in range(2)]
    limit(gateway, monkeypatch, rate_key_burst=3)
    assert await statuses(gateway, first, 5) == [200, 200, 200, 429, 429]
    _, problem = await gateway.send("GET", "/v1/accounts", token=first)
    assert problem["limit"] == "key"
    assert await statuses(gateway, second, 3) == [200, 200, 200]
    assert await statuses(gateway, owner, 3) == [200, 200, 200]


async def test_each_session_has_a_limit_of_its_own(gateway: Any, monkeypatch: Any) -> None:
    """One that asks too much is refused by it; the person's others are not concerned."""
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    first, second = [(await gateway.log_in(email))[1]["token"] for _ in range(2)]
    limit(gateway, monkeypatch, rate_key_burst=3)
    assert await statuses(gateway, first, 5) == [200, 200, 200, 429, 429]
    _, problem = await gateway.send("GET", "/v1/accounts", token=first)
    assert problem["limit"] == "key"
    assert await statuses(gateway, second, 3) == [200, 200, 200]


async def test_sessions_of_one_person_share_the_persons_limit(
    gateway: Any, monkeypatch: Any
) -> None:
    """More keys are not more."""
    email = f"{uuid4().hex}@example.org"
    await gateway.register(email)
    first, second = [(await gateway.log_in(email))[1]["token"] for _ in range(2)]
    limit(gateway, monkeypatch, rate_user_burst=4)
    assert await statuses(gateway, first, 3) == [200, 200, 200]
    assert await statuses(gateway, second, 2) == [200, 429]


async def test_an_operator_has_a_limit_of_their_own(gateway: Any, monkeypatch: Any) -> None:
    """Neither that of people nor that of keys; and it ends, too."""
    _, session = await gateway.log_in(*OPERATOR)
    limit(gateway, monkeypatch, rate_user_burst=1, rate_key_burst=1, rate_operator_burst=4)
    assert await statuses(gateway, session["token"], 6) == [200] * 4 + [429] * 2
    _, problem = await gateway.send("GET", "/v1/accounts", token=session["token"])
    assert problem["limit"] == "operator"
