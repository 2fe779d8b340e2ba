"""Cookies, foreign pages and what a browser is told, over real connections."""

from pathlib import Path
from typing import Any

import pytest

from gateway.browsers.lifecycle import COOKIE
from services.gateway.tests.conftest import run_before_upstream
from tests.stack.database import ScratchDatabase


async def test_a_session_moves_into_a_cookie(gateway: Any) -> None:
    """What the cookie stands for is the session, at own and at forwarded routes."""
    user_id, token = await gateway.person()
    response, _ = await gateway.send("PUT", "/v1/sessions/current/cookie", token=token)
    assert response.status == 204
    cookie = {"Cookie": response.headers["Set-Cookie"].partition(";")[0]}
    _, me = await gateway.send("GET", "/v1/me", headers=cookie)
    assert me["id"] == user_id
    answered, seen = await gateway.send("GET", "/v1/accounts", headers=cookie)
    assert answered.status == 200
    assert "cookie" not in seen["headers"]
    response, _ = await gateway.send("DELETE", "/v1/sessions/current/cookie")
    assert "Max-Age=0" in response.headers["Set-Cookie"]


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
async def test_csrf_a_foreign_page_writes_nothing(gateway: Any, token: str, origin: Any) -> None:
    """A browser sends the cookie whoever asks; without an Origin of ours it is worth nothing."""
    headers = {"Cookie": f"{COOKIE}={token}", **({"Origin": origin} if origin else {})}
    response, problem = await gateway.send("POST", "/v1/transfers", headers=headers, json={})
    assert response.status == 403
    assert problem["type"] == "urn:localex:problem:foreign-page"
    assert gateway.upstream.seen == []


async def test_a_page_of_ours_writes_with_the_cookie(gateway: Any, token: str) -> None:
    """Same host, same cookie."""
    headers = {"Cookie": f"{COOKIE}={token}", "Origin": gateway.address}
    response, _ = await gateway.send("POST", "/v1/transfers", headers=headers, json={})
    assert response.status == 200


async def test_other_pages_are_told_nothing(gateway: Any) -> None:
    """Without a list of pages no answer may be read elsewhere, and no preflight succeeds."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("OPTIONS", "GET"):
        response, _ = await gateway.send(method, "/v1/accounts", headers=headers)
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    "path", ["/v1/me", "/v1/accounts", "/v1/nothing", "/v1//me", "/nothing", "/health/live"]
)
async def test_every_answer_tells_browsers_to_be_careful(
    gateway: Any, token: str, path: str
) -> None:
    """Own, forwarded, refused and ambiguous ones: believe the type, frame and keep nothing."""
    response, _ = await gateway.send("GET", path, token=token)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert response.headers["Cache-Control"] == "no-store"
    policy = response.headers["Content-Security-Policy"]
    assert all(
        f"{rule} 'none'" in policy for rule in ("default-src", "base-uri", "frame-ancestors")
    )
    # Only TLS can promise TLS.
    assert "Strict-Transport-Security" not in response.headers


async def test_over_tls_every_answer_promises_tls(
    scratch_database: ScratchDatabase, tmp_path: Path
) -> None:
    """For more than a year, and for hosts below this one."""
    async with run_before_upstream(tmp_path, scratch_database, "ledger", behind_tls=True) as secure:
        _, token = await secure.person()
        for path in ("/v1/me", "/v1/accounts", "/v1//me", "/nothing"):
            response, _ = await secure.send("GET", path, token=token)
            told = response.headers["Strict-Transport-Security"]
            assert told == "max-age=63072000; includeSubDomains"


async def test_a_browser_forgets_what_it_kept(gateway: Any) -> None:
    """When the session or its cookie ends: pages and storage, too."""
    _, token = await gateway.person()
    for path in ("/v1/sessions/current/cookie", "/v1/sessions/current"):
        response, _ = await gateway.send("DELETE", path, token=token)
        assert response.status == 204
        assert response.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'


@pytest.mark.parametrize("path", ["/metrics", "/health/live", "/health/ready"])
async def test_how_we_are_is_for_whoever_runs_us(gateway: Any, path: str) -> None:
    """Not for who comes through a proxy: to them nothing is there."""
    response, _ = await gateway.send("GET", path)
    assert response.status in (200, 503)
    response, problem = await gateway.send("GET", path, headers={"X-Forwarded-For": "8.8.8.8"})
    assert (response.status, problem["title"]) == (404, "There is no such route")
