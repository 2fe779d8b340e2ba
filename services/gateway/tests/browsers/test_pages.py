"""Pages of ours that live elsewhere: what `GATEWAY_CORS_ORIGINS` opens, and to nobody else."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from gateway.browsers.lifecycle import COOKIE
from services.gateway.tests.conftest import run_before_upstream
from tests.stack.database import ScratchDatabase

OURS: Final = "https://shop.example"
FOREIGN: Final = [
    "https://evil.example",
    "https://shop.example.evil.example",
    "http://shop.example",
]


@pytest.fixture(scope="module")
async def open_gateway(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Any]:
    """A gateway that knows one page elsewhere."""
    async with run_before_upstream(
        tmp_path_factory.mktemp("pages"), scratch_database, "ledger", cors_origins=OURS
    ) as running:
        yield running


def preflight(origin: str) -> dict[str, str]:
    """What a browser asks before it lets a page write."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, idempotency-key",
    }


@pytest.mark.parametrize("path", ["/v1/transfers", "/v1/sessions"])
async def test_a_page_of_ours_may_ask(open_gateway: Any, path: str) -> None:
    """Own and forwarded routes; nothing is forwarded for it, and caches keep pages apart."""
    before = len(open_gateway.upstream.seen)
    response, _ = await open_gateway.send("OPTIONS", path, headers=preflight(OURS))
    told = response.headers
    assert response.status == 204
    assert told["Access-Control-Allow-Origin"] == OURS
    assert told["Access-Control-Allow-Credentials"] == "true"
    assert {"POST", "PATCH", "DELETE"} <= set(told["Access-Control-Allow-Methods"].split(", "))
    allowed = told["Access-Control-Allow-Headers"].lower().split(", ")
    assert {"authorization", "idempotency-key", "if-match"} <= set(allowed)
    assert told["Vary"] == "Origin"
    assert len(open_gateway.upstream.seen) == before


async def test_a_page_of_ours_may_read_and_write(open_gateway: Any) -> None:
    """With the session's cookie; also a refusal can be read, and what a client needs."""
    _, token = await open_gateway.person()
    cookie = {"Cookie": f"{COOKIE}={token}", "Origin": OURS}
    for method, path, status in (
        ("POST", "/v1/transfers", 200),
        ("GET", "/v1/notifications/mails", 403),
    ):
        response, _ = await open_gateway.send(method, path, headers=cookie)
        assert response.status == status
        assert response.headers["Access-Control-Allow-Origin"] == OURS
        assert "retry-after" in response.headers["Access-Control-Expose-Headers"].lower()
        assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize("origin", FOREIGN)
async def test_a_page_of_nobody_we_know_may_not(open_gateway: Any, origin: str) -> None:
    """Neither asks, reads nor writes: names that look alike are others."""
    _, token = await open_gateway.person()
    response, _ = await open_gateway.send("OPTIONS", "/v1/transfers", headers=preflight(origin))
    assert "Access-Control-Allow-Origin" not in response.headers
    assert response.headers["Vary"] == "Origin"
    cookie = {"Cookie": f"{COOKIE}={token}", "Origin": origin}
    response, _ = await open_gateway.send("POST", "/v1/transfers", headers=cookie, json={})
    assert response.status == 403
    assert "Access-Control-Allow-Origin" not in response.headers
