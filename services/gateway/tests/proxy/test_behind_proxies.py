"""Behind a proxy of ours the client's address counts, wherever one is asked for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.gateway.tests.conftest import PASSWORD, run_before_upstream

EVE, ANA = "203.0.113.9", "198.51.100.1"


@pytest.fixture(scope="module")
async def behind(scratch_database: Any, tmp_path_factory: Any) -> AsyncIterator[Any]:
    """A gateway that is told who the client is by whoever connects from this machine."""
    async with run_before_upstream(
        tmp_path_factory.mktemp("behind"),
        scratch_database,
        "ledger",
        trusted_proxies="127.0.0.0/8",
        rate_address_per_second=0.001,
        rate_address_burst=60,
    ) as running:
        yield running


def through(*addresses: str) -> dict[str, str]:
    """What a proxy of ours adds, on the right of what the client wrote."""
    return {"X-Forwarded-For": ", ".join(addresses)}


async def test_services_and_sessions_know_the_client(behind: Any) -> None:
    """Not the proxy, and not whom the client named."""
    email, headers = "ana.behind@example.org", through("127.0.0.1", ANA)
    await behind.register(email)
    body = {"email": email, "password": PASSWORD}
    _, opened = await behind.send("POST", "/v1/sessions", json=body, headers=headers)
    _, seen = await behind.send("GET", "/v1/accounts", token=opened["token"], headers=headers)
    assert seen["headers"]["x-forwarded-for"] == ANA
    _, listed = await behind.send("GET", "/v1/sessions", token=opened["token"], headers=headers)
    assert [one["address"] for one in listed["sessions"]] == [ANA]


async def test_one_clients_limit_is_not_anothers(behind: Any) -> None:
    """Eve uses hers up, whomever she names; Ana, behind the same proxy, is let in."""
    statuses = []
    for turn in range(70):
        headers = through(f"192.0.2.{turn}", EVE)
        response, _ = await behind.send("GET", "/v1/accounts", headers=headers)
        statuses.append(response.status)
    assert (statuses[0], statuses[-1]) == (401, 429)
    response, _ = await behind.send("GET", "/v1/accounts", headers=through(ANA))
    assert response.status == 401


async def test_a_gateway_that_knows_no_proxy_believes_nobody(gateway: Any, token: str) -> None:
    """As it is unless a setting names them."""
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        headers = {name: f"for={EVE}" if name == "Forwarded" else EVE}
        _, seen = await gateway.send("GET", "/v1/accounts", token=token, headers=headers)
        assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
