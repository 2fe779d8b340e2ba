"""Requests that gateway and service could read differently: smuggled, confused, doubled."""

from typing import Final
from urllib.parse import urlsplit

import pytest

from chassis.words import METHODS, read_words
from tests.attacks.edge import ask, raw
from tests.journeys.people import Actor
from tests.roles.routes import SERVICES, guarded
from tests.stack.plugin import System

#: Each is on its way to what only operators, or nobody outside, may see.
PATHS: Final = (
    "/v1/accounts/../issuances/requests",
    "/v1/accounts/..",
    "/v1/accounts/./../../metrics",
    "/v1/accounts/%2e%2e/%2e%2e/metrics",
    "/v1/accounts/%2E%2E/issuances",
    "/v1/accounts/..%2f..%2fmetrics",
    "/v1/accounts%2f..%2f..%2fmetrics",
    "/v1/accounts/%252e%252e/%252e%252e/metrics",
    "/v1/accounts/..;/..;/metrics",
    "/v1/accounts;role=ADMIN",
    "/v1/accounts;/",
    "/v1//accounts",
    "//v1/accounts",
    "/v1/accounts//",
    "/v1/accounts/",
    "/v1/accounts%00",
    "/v1/accounts%0d%0aX-Role:%20ADMIN",
    "/v1/accounts\\..\\..\\metrics",
    "/v1/accounts%5c..%5cmetrics",
    "/v1/%61ccounts",
    "/v1/accounts%3fowner=x",
    "/v1/accounts%23",
    "/V1/accounts",
    "/v1/Accounts",
    "/v1/ACCOUNTS",
    "/v1/accounts/\u00e9".encode().decode("latin-1"),
    "/v1/ledger/metrics",
    "/v2/accounts",
    "/accounts",
)
#: Bodies with two ends, and heads with two readings.
SMUGGLED: Final = {
    "both_lengths": "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
    "both_lengths_turned": "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n",
    "two_lengths": "Content-Length: 0\r\nContent-Length: 44\r\n",
    "two_lengths_in_one": "Content-Length: 0, 44\r\n",
    "a_length_with_a_sign": "Content-Length: +0\r\n",
    "a_length_that_is_none": "Content-Length: 0x0\r\n",
    "an_unknown_coding": "Transfer-Encoding: xchunked\r\n",
    "chunked_and_more": "Transfer-Encoding: chunked, identity\r\n",
    "a_blank_before_the_colon": "Transfer-Encoding : chunked\r\nContent-Length: 6\r\n",
    "a_folded_coding": "Transfer-Encoding:\r\n chunked\r\nContent-Length: 6\r\n",
    "an_odd_blank": "Transfer-Encoding:\x0bchunked\r\nContent-Length: 6\r\n",
}
CLAIMS: Final = {
    "X-User-Id": "00000000-0000-0000-0000-000000000001",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-User": "operator@localex.test",
    "X-Real-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1;host=localhost;proto=https",
    "X-Roles": "ADMIN,OPERATOR",
    "X-Original-URL": "/metrics",
    "X-Rewrite-URL": "/metrics",
    "X-Http-Method-Override": "POST",
    "X-Internal-Token": "yes",
    "Proxy-Authorization": "Bearer ADMIN",
}


def head(system: System, line: str, token: str | None, more: str = "") -> bytes:
    """A request's head, as it is written here."""
    host = urlsplit(system.gateway).netloc
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"{line} HTTP/1.1\r\nHost: {host}\r\n{bearer}{more}\r\n".encode("latin-1")


@pytest.mark.parametrize("path", PATHS, ids=[str(number) for number in range(len(PATHS))])
async def test_path_confusion_opens_nothing(system: System, eve: Actor, path: str) -> None:
    """It is refused or not there: nothing is redirected, mended or read twice."""
    content = head(system, f"GET {path}", eve.client.token, "Connection: close\r\n")
    answer = await raw(system, content)
    status = int(answer.split(b" ", 2)[1])
    assert status in (400, 404), answer
    assert b"location:" not in answer.lower()
    assert b"localex_" not in answer


async def test_path_confusion_by_an_absolute_target_reaches_no_other_host(
    system: System, eve: Actor
) -> None:
    """A target with a host of its own is no way to a service behind the gateway."""
    port = system.settings["LEDGER_HTTP_PORT"]
    line = f"GET http://127.0.0.1:{port}/metrics"
    answer = await raw(system, head(system, line, eve.client.token, "Connection: close\r\n"))
    # The gateway's own, or a refusal; the ledger's name its relay and batches.
    assert b"localex_journal" not in answer
    assert b'service="ledger"' not in answer


@pytest.mark.parametrize("name", SMUGGLED)
async def test_header_smuggling_two_lengths_are_refused(
    system: System, eve: Actor, name: str
) -> None:
    """One answer, a refusal; what hangs behind is never taken for a request."""
    hidden = head(system, "GET /v1/me", eve.client.token)
    first = head(system, "POST /v1/transfers", eve.client.token, SMUGGLED[name])
    answer = await raw(system, first + b"0\r\n\r\n" + hidden)
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert answer.count(b"HTTP/1.1 ") == 1
    assert eve.email.encode() not in answer


@pytest.mark.parametrize(
    "name", ["Authorization", "Host", "Idempotency-Key", "Content-Type", "If-Match"]
)
async def test_header_smuggling_doubled_headers_are_refused(
    system: System, eve: Actor, name: str
) -> None:
    """Two readers could each take another one."""
    twice = f"{name}: one\r\n{name}: two\r\nConnection: close\r\n"
    content = head(system, "GET /v1/accounts", None if name == "Authorization" else "x", twice)
    answer = await raw(system, content)
    assert answer.startswith(b"HTTP/1.1 400 "), answer


async def test_header_smuggling_nobody_says_who_they_are(
    system: System, ana: Actor, eve: Actor
) -> None:
    """Headers of proxies and frameworks make nobody an operator, and nobody somebody else."""
    claims = {**CLAIMS, "X-User-Id": str(ana.user.id)}
    answer = await ask(system.gateway, "GET", "/v1/me", eve.client.token, headers=claims)
    assert answer.json()["id"] == str(eve.user.id)
    seen = await ask(system.gateway, "GET", "/v1/accounts", eve.client.token, headers=claims)
    assert {one["owner_id"] for one in seen.json()["accounts"]} == {str(eve.user.id)}
    wish = {"to_user": str(eve.user.id), "amount": "1.00", "asset": "LXC", "reason": "mine"}
    headers = {**claims, "Idempotency-Key": "attack-headers"}
    issued = await ask(
        system.gateway, "POST", "/v1/issuances", eve.client.token, headers=headers, json=wish
    )
    assert issued.status_code == 403
    assert (await ask(system.gateway, "GET", "/v1/accounts", headers=claims)).status_code == 401


async def test_header_smuggling_a_hop_by_hop_name_takes_no_header_away(
    system: System, eve: Actor
) -> None:
    """`Connection: authorization` is not passed on, and leaves the service its token."""
    headers = {"Connection": "close, authorization, x-request-id"}
    answer = await ask(system.gateway, "GET", "/v1/accounts", eve.client.token, headers=headers)
    assert answer.status_code == 200
    assert {one["owner_id"] for one in answer.json()["accounts"]} == {str(eve.user.id)}


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG", "get"])
@pytest.mark.parametrize("path", ["/v1/accounts", "/v1/me"])
async def test_methods_that_nobody_needs_are_refused(
    system: System, eve: Actor, method: str, path: str
) -> None:
    """None echoes what it was sent."""
    answer = await raw(
        system, head(system, f"{method} {path}", eve.client.token, "Connection: close\r\n")
    )
    assert int(answer.split(b" ", 2)[1]) in (400, 404, 405), answer
    assert (eve.client.token or "").encode() not in answer


@pytest.mark.parametrize("service", [one.name for one in SERVICES])
async def test_path_confusion_a_word_is_no_id(system: System, ana: Actor, service: str) -> None:
    """Where a route has a word, another method is 405, whoever is asked: not another route's."""
    routes: dict[str, frozenset[str]] = {}
    for one in guarded():
        if one.service == service:
            routes[one.path] = routes.get(one.path, frozenset()) | {one.method}
    words = read_words(routes).whole
    assert words
    for path, methods in words.items():
        for method in METHODS:
            if method not in methods:
                answer = await ask(system.gateway, method, path, ana.client.token)
                told = (answer.status_code, answer.headers.get("allow"))
                assert told == (405, ", ".join(one for one in METHODS if one in methods)), path
