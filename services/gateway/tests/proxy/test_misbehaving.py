"""Services that misbehave, and requests that could be read in two ways, over raw connections."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from gateway.proxy.upstreams import Replica, Upstreams
from gateway.proxy.watch import watch_replicas
from services.gateway.tests.proxy.test_forward import raw


@asynccontextmanager
async def rough(answer: bytes, *, reset: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A service that answers each request with these bytes, and closes or resets."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        if reset:
            writer.transport.abort()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


@pytest.fixture
def ask_rough(gateway: Any, token: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Ask the gateway, whose ledger is a rough service."""

    async def ask(method: str, answer: bytes, *, reset: bool = False) -> tuple[Any, Any, int]:
        async with rough(answer, reset=reset) as (address, heads):
            replicas = gateway.resources.extra["upstreams"]._replicas
            monkeypatch.setitem(replicas, "ledger", [Replica(address)])
            response, body = await gateway.send(method, "/v1/accounts", token=token)
            return response, body, len(heads)

    return ask


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nBad Header: x\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
        b"no http at all\r\n\r\n",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_answer_that_is_none_is_a_502(
    ask_rough: Callable[..., Any], method: str, answer: bytes
) -> None:
    """A problem that names the service; a write is not sent twice."""
    response, problem, asked = await ask_rough(method, answer)
    assert response.status == 502
    assert problem["type"] == "urn:localex:problem:bad-answer"
    assert problem["service"] == "ledger"
    assert asked <= (2 if method == "GET" else 1)


async def test_a_reset_within_a_small_answer_is_a_502(ask_rough: Callable[..., Any]) -> None:
    """Nothing of it is out yet, so that it can be told."""
    half = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    response, problem, _ = await ask_rough("GET", half, reset=True)
    assert (response.status, problem["service"]) == (502, "ledger")


@pytest.mark.parametrize(
    "lines",
    [
        "Host: evil.example\r\n\r\n",
        "X-Folded: a\r\n b\r\n\r\n",
        "Content-Length: 0, 0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
        "Content-Length : 3\r\n\r\nabc",
        "\x0bTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
    ],
)
async def test_header_smuggling_is_refused(gateway: Any, token: str, lines: str) -> None:
    """Two hosts, folded lines, lengths and codings in odd forms: no service hears of them."""
    head = f"POST /v1/transfers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{lines}"
    answer = await raw(gateway, head.encode("latin-1"))
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert gateway.upstream.seen == []


def pair() -> tuple[Upstreams, Replica, Replica]:
    """A service in two replicas."""
    upstreams = Upstreams({"ledger": ("a", "b")})
    first, second = upstreams._replicas["ledger"]
    return upstreams, first, second


def test_the_less_busy_replica_is_asked() -> None:
    """A slow replica gets fewer requests, not its share."""
    upstreams, first, second = pair()
    first.inflight = 3
    assert {upstreams.choose("ledger") for _ in range(4)} == {second}


def test_a_replica_that_says_it_is_not_ready_is_left_out() -> None:
    """Unless none is: then those are asked that can be reached."""
    upstreams, first, second = pair()
    first.ready = False
    assert {upstreams.choose("ledger") for _ in range(4)} == {second}
    second.ready = False
    assert {upstreams.choose("ledger") for _ in range(4)} == {first, second}


async def test_replicas_are_asked_whether_they_are_ready(gateway: Any) -> None:
    """One that answers is ready, one that does not is not; a single one is not asked."""
    upstreams = Upstreams({"ledger": (gateway.upstream.address, "http://127.0.0.1:9")})
    watching = asyncio.create_task(watch_replicas(gateway.client, upstreams, every_seconds=0.01))
    there, away = upstreams._replicas["ledger"]
    async with asyncio.timeout(3):
        while away.ready:  # noqa: ASYNC110 - told to nobody
            await asyncio.sleep(0.01)
    watching.cancel()
    assert there.ready
    await watch_replicas(gateway.client, Upstreams({"search": ("x",)}))


def test_a_broken_replica_gets_its_try() -> None:
    """Half-open one request goes there, the others go on elsewhere."""
    upstreams, first, second = pair()
    for _ in range(5):
        first.failed()
    first.breaker.opened_at -= 2
    asked = [upstreams.choose("ledger") for _ in range(4)]
    assert asked.count(first) == 1
    assert asked.count(second) == 3


async def test_services_are_told_the_deadline(gateway: Any, token: str) -> None:
    """How long the gateway waits, so that a service need not work for nobody."""
    _, seen = await gateway.send("GET", "/v1/accounts", token=token)
    assert seen["headers"]["x-deadline-ms"] == "10000"
