"""Forwarding to a real upstream over real connections."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from chassis.problems import Unauthenticated
from chassis.tokens import TokenVerifier
from gateway.proxy import routes
from gateway.proxy.upstreams import Replica

KIB = 1024


async def test_a_request_is_passed_on_with_a_token_of_ours(gateway: Any, token: str) -> None:
    """The service sees who is calling from a token that only the gateway can make."""
    response, seen = await gateway.send(
        "GET",
        "/v1/accounts/x?a=1&b=%20",
        token=token,
        headers={"X-Forwarded-For": "6.6.6.6", "Cookie": "a=b", "X-Internal-User": "root"},
    )
    assert response.status == 200
    assert seen["target"] == "/v1/accounts/x?a=1&b=%20"
    caller = gateway.verifier.verify(seen["headers"]["authorization"].removeprefix("Bearer "))
    assert caller.roles == {"MEMBER"}
    assert seen["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert not {"cookie", "x-internal-user"} & set(seen["headers"])
    assert token not in str(seen)


async def test_a_token_is_for_one_service(gateway: Any, token: str) -> None:
    """What the marketplace is given is worth nothing to the ledger."""
    _, seen = await gateway.send("GET", "/v1/items/x", token=token)
    given = seen["headers"]["authorization"].removeprefix("Bearer ")
    with pytest.raises(Unauthenticated):
        gateway.verifier.verify(given)
    jwks = gateway.resources.settings.internal_jwks_file
    assert TokenVerifier(jwks, "marketplace").verify(given).roles == {"MEMBER"}


async def test_the_answer_keeps_its_headers_but_not_the_hops(gateway: Any, token: str) -> None:
    """Hop-by-hop headers end here; there is one date and one request id."""
    response, _ = await gateway.send("GET", "/v1/accounts", token=token)
    assert response.headers["X-Kept"] == "yes"
    assert "Keep-Alive" not in response.headers
    assert "Server" not in response.headers
    assert len(response.headers.getall("Date")) == 1
    assert len(response.headers.getall("X-Request-Id")) == 1


async def test_request_id_and_trace_run_through(gateway: Any, token: str) -> None:
    """The service is told the client's ids; an id in no form of ours is replaced."""
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    response, seen = await gateway.send(
        "GET",
        "/v1/accounts",
        token=token,
        headers={"X-Request-Id": "my-request-1", "Traceparent": trace},
    )
    assert seen["headers"]["x-request-id"] == "my-request-1" == response.headers["X-Request-Id"]
    assert seen["headers"]["traceparent"].split("-")[1] == trace.split("-")[1]
    _, seen = await gateway.send(
        "GET", "/v1/accounts", token=token, headers={"X-Request-Id": "no good"}
    )
    assert " " not in seen["headers"]["x-request-id"]


async def test_strangers_do_not_get_through(gateway: Any) -> None:
    """Nothing is forwarded without a session, not even a forged internal token."""
    for header in ("", "Bearer eyJhbGciOiJub25lIn0.e30.", "Bearer lxs_" + "b" * 43):
        headers = {"Authorization": header} if header else {}
        response, _ = await gateway.send("GET", "/v1/accounts", headers=headers)
        assert response.status == 401
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert gateway.upstream.seen == []


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/v1/", "/v1/healthz", "/v2/accounts", "/v1/metrics"]
)
async def test_unknown_paths_are_a_404_problem(gateway: Any, token: str, path: str) -> None:
    """What is in no table goes nowhere."""
    response, problem = await gateway.send("GET", path, token=token)
    assert response.status == 404
    assert problem["title"] == "There is no such route"
    assert gateway.upstream.seen == []


async def raw(gateway: Any, head: bytes, body: bytes = b"") -> bytes:
    """The answer to bytes sent as they are."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(head + body)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(65536), 5)
    finally:
        writer.close()


@pytest.mark.parametrize(
    "target",
    [
        "/v1/accounts/../users",
        "/v1/accounts/%2e%2e/users",
        "/v1//accounts",
        "//v1/accounts",
        "/v1/accounts%2fx",
        "/v1/accounts\\x",
        "/v1/%61ccounts",
        "/v1/accounts;x",
        "/v1/./accounts",
        "/health/../v1/accounts",
    ],
)
async def test_confusing_paths_are_refused(gateway: Any, token: str, target: str) -> None:
    """Gateway and service never disagree about what a path means."""
    head = f"GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    answer = await raw(gateway, head.encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert gateway.upstream.seen == []


@pytest.mark.parametrize(
    "lines",
    [
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/x",
        "Content-Length: 3\r\nContent-Length: 9\r\n\r\nabc",
        "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
        "Content-Length: +3\r\n\r\nabc",
        "Content-Length: -3\r\n\r\nabc",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "Idempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n",
        "X-Bad: a\x00b\r\n\r\n",
        "Authorization: Bearer lxs_other\r\n\r\n",
    ],
)
async def test_smuggling_is_refused(gateway: Any, token: str, lines: str) -> None:
    """A request with two readings reaches no service, and no second request hides in it."""
    head = f"POST /v1/transfers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{lines}"
    answer = await raw(gateway, head.encode())
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 401 "))
    assert answer.count(b"HTTP/1.1 ") == 1
    assert gateway.upstream.seen == []


async def parts_of(count: int, size: int) -> AsyncIterator[bytes]:
    """A body in parts, of no announced length."""
    for _ in range(count):
        yield b"x" * size
        await asyncio.sleep(0)


async def test_bodies_stream_up(gateway: Any, token: str) -> None:
    """A body of unknown length arrives whole."""
    response, seen = await gateway.send(
        "POST", "/v1/items/import", token=token, data=parts_of(30, 64 * KIB)
    )
    assert response.status == 200
    assert seen["bytes"] == 30 * 64 * KIB


async def test_an_announced_length_is_passed_on(gateway: Any, token: str) -> None:
    """The service can refuse by the length before it reads."""
    _, seen = await gateway.send("POST", "/v1/items", token=token, data=b"x" * 200_000)
    assert seen["headers"]["content-length"] == "200000"
    assert seen["bytes"] == 200_000


@pytest.mark.parametrize("announced", [True, False])
async def test_bodies_over_the_limit_are_refused(
    gateway: Any, token: str, *, announced: bool
) -> None:
    """By the announced length, and while streaming when none is announced."""
    size = 257 * KIB
    data = b"x" * size if announced else parts_of(257, KIB)
    response, problem = await gateway.send("POST", "/v1/reservations", token=token, data=data)
    assert response.status == 413
    assert problem["type"] == "urn:localex:problem:too-large"
    assert problem["max_bytes"] == 256 * KIB
    # By its announced length it is refused before a service hears of it.
    assert len(gateway.upstream.seen) <= (not announced)
    after, _ = await gateway.send("GET", "/v1/accounts", token=token)
    assert after.status == 200


async def test_answers_stream_down(gateway: Any, token: str) -> None:
    """The first part is with the client before the last is made."""
    go_on = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b"first\n")
        await go_on.wait()
        await stream.write(b"last\n")
        return stream

    gateway.upstream.answer = answer
    headers = {"Authorization": f"Bearer {token}"}
    async with gateway.client.get(gateway.address + "/v1/search", headers=headers) as response:
        assert response.status == 503
    async with gateway.client.get(gateway.address + "/v1/trades", headers=headers) as response:
        assert await asyncio.wait_for(response.content.readline(), 5) == b"first\n"
        go_on.set()
        assert await response.content.readline() == b"last\n"


async def test_half_an_answer_is_not_passed_off_as_whole(gateway: Any, token: str) -> None:
    """When the service breaks off, the client's connection breaks off too."""

    async def answer(request: web.Request) -> web.StreamResponse:
        stream = web.StreamResponse()
        await stream.prepare(request)
        await stream.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return stream

    gateway.upstream.answer = answer
    with pytest.raises(Exception, match=r"(?i)payload|disconnect|transfer"):
        await gateway.send("GET", "/v1/accounts", token=token)


async def test_a_slow_service_is_a_504(
    gateway: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deadline holds, and the problem says that the wish may have been done."""
    quick = routes.Route("accounts", "ledger", deadline_seconds=0.2)
    monkeypatch.setitem(routes.BY_PREFIX, "accounts", quick)

    async def answer(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1)
        return web.Response()

    gateway.upstream.answer = answer
    response, problem = await gateway.send("POST", "/v1/accounts", token=token)
    assert response.status == 504
    assert problem["service"] == "ledger"
    assert "same Idempotency-Key" in problem["detail"]


async def test_a_slow_client_is_a_408(
    gateway: Any, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A body that does not come is the client's fault, not the service's."""
    quick = routes.Route("accounts", "ledger", deadline_seconds=0.2)
    monkeypatch.setitem(routes.BY_PREFIX, "accounts", quick)
    head = f"POST /v1/accounts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
    answer = await raw(gateway, head.encode(), b"Content-Length: 9\r\n\r\nab")
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    ("method", "asked"), [("GET", 2), ("POST", 1), ("PATCH", 1), ("DELETE", 1)]
)
async def test_only_safe_requests_are_asked_again(
    gateway: Any, token: str, method: str, asked: int
) -> None:
    """A connection lost before the answer: GET once more, anything else never."""

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    gateway.upstream.answer = answer
    response, problem = await gateway.send(method, "/v1/accounts", token=token)
    assert response.status == 503
    assert response.headers["Retry-After"] == "1"
    assert problem["service"] == "ledger"
    assert len(gateway.upstream.seen) == asked
    gateway.resources.extra["upstreams"].choose("ledger").succeeded()


@pytest.fixture
def replicas(gateway: Any, monkeypatch: pytest.MonkeyPatch) -> list[Replica]:
    """The ledger in two replicas: one that nobody listens at, and the tests' own."""
    pair = [Replica("http://127.0.0.1:9"), Replica(gateway.upstream.address)]
    monkeypatch.setitem(gateway.resources.extra["upstreams"]._replicas, "ledger", pair)
    return pair


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
async def test_without_a_connection_another_replica_is_asked(
    gateway: Any, token: str, replicas: list[Replica], method: str
) -> None:
    """Nothing was sent, so nothing can have been done: any method may go elsewhere."""
    for _ in range(12):
        response, _ = await gateway.send(method, "/v1/accounts", token=token)
        assert response.status == 200
    assert len(gateway.upstream.seen) == 12
    # The breaker leaves the unreachable one out by now.
    assert replicas[0].breaker.failures >= 5
    assert not replicas[0].breaker.allows(replicas[0].breaker.opened_at)


async def test_a_write_that_was_sent_is_not_sent_elsewhere(
    gateway: Any, token: str, replicas: list[Replica]
) -> None:
    """A connection lost after sending: the write may have been done, so it is not repeated."""
    replicas[0].address = replicas[1].address

    async def answer(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    gateway.upstream.answer = answer
    response, _ = await gateway.send("POST", "/v1/accounts", token=token)
    assert response.status == 503
    assert len(gateway.upstream.seen) == 1


async def test_a_service_that_is_away_costs_nothing(gateway: Any, token: str) -> None:
    """Search has no address here: 503 with what to do; others answer."""
    response, problem = await gateway.send("GET", "/v1/search?q=x", token=token)
    assert response.status == 503
    assert response.headers["Retry-After"] == "1"
    assert problem["service"] == "search"
    other, _ = await gateway.send("GET", "/v1/accounts", token=token)
    assert other.status == 200


async def test_problems_of_the_service_pass_as_they_are(gateway: Any, token: str) -> None:
    """The gateway adds nothing to what a service says."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {"type": "urn:x"}, status=409, content_type="application/problem+json"
        )

    gateway.upstream.answer = answer
    response, problem = await gateway.send("POST", "/v1/transfers", token=token, json={})
    assert (response.status, response.content_type) == (409, "application/problem+json")
    assert problem == {"type": "urn:x"}


async def test_readiness_does_not_depend_on_services(gateway: Any) -> None:
    """A gateway without any service still lets people log in."""
    gateway.resources.extra["upstreams"].choose("ledger").failed()
    response, health = await gateway.send("GET", "/health/ready")
    assert response.status == 200
    assert health["service"] == "gateway"
