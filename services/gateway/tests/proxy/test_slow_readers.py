"""Clients that do not read their answer, over real connections, and the service behind them."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from aiohttp import web

from chassis.ids import new_id
from gateway.live import queries
from services.gateway.tests.conftest import run_before_upstream
from tests.stack.database import ScratchDatabase

PART = b"x" * 64 * 1024
#: What the systems of all sides hold at most on this machine, and some more.
HELD_MAX = 32 * 1024 * 1024


@pytest.fixture(scope="module")
async def impatient(
    scratch_database: ScratchDatabase, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Any]:
    """A gateway that waits a second for its clients to read."""
    folder = tmp_path_factory.mktemp("impatient")
    async with run_before_upstream(folder, scratch_database, "ledger", read_seconds=1) as running:
        yield running


class Endless:
    """A service's answer that never ends.

    Attributes:
        sent: Bytes that the connection has taken.
        closed: The gateway has closed the connection.
    """

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self.sent = 0
        self.closed = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        """Answer until the connection is closed."""
        stream = web.StreamResponse()
        try:
            await stream.prepare(request)
            while True:
                await stream.write(PART)
                self.sent += len(PART)
        finally:
            self.closed.set()


@asynccontextmanager
async def ask(gateway: Any, token: str, path: str, *more: str) -> AsyncIterator[socket.socket]:
    """A connection with a small buffer, on which a request was sent and nothing read yet."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    lines = [f"GET {path} HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", *more, "", ""]
    with client:
        await loop.sock_connect(client, ("127.0.0.1", gateway.port))
        await loop.sock_sendall(client, "\r\n".join(lines).encode())
        yield client


async def read_to(client: socket.socket, wanted: bytes) -> bytearray:
    """What comes, until this is in it."""
    loop, got = asyncio.get_running_loop(), bytearray()
    async with asyncio.timeout(20):
        while wanted not in got:
            part = await loop.sock_recv(client, 65_536)
            assert part, "the connection ended"
            got += part
    return got


async def is_ended(client: socket.socket) -> bool:
    """Read to the end of the connection; whether there is one within twenty seconds."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(20):
            while await loop.sock_recv(client, 65_536):
                pass
    return True


async def test_who_does_not_read_holds_no_connection_to_a_service(impatient: Any) -> None:
    """Its own is ended, the service's is closed, and little was taken from the service."""
    impatient.upstream.answer = endless = Endless()
    _, token = await impatient.person()
    async with ask(impatient, token, "/v1/accounts") as client:
        await read_to(client, b"200 OK")
        await asyncio.wait_for(endless.closed.wait(), 20)
        assert endless.sent < HELD_MAX
        assert await is_ended(client)
    replica = impatient.resources.extra["upstreams"].choose("ledger")
    assert replica.inflight == 0


async def test_who_leaves_lets_go_of_the_service(impatient: Any) -> None:
    """An answer is not read to its end for nobody."""
    impatient.upstream.answer = endless = Endless()
    _, token = await impatient.person()
    async with ask(impatient, token, "/v1/accounts") as client:
        await read_to(client, b"xxxx")
    await asyncio.wait_for(endless.closed.wait(), 20)


async def fill(gateway: Any, person: UUID, count: int) -> None:
    """Many large events of one person, as if they had been heard."""
    now = datetime.now(UTC)
    rows: list[queries.LiveRow] = [
        (person, seq, new_id(), "a.B", {"text": "y" * 16_384}, now) for seq in range(1, count + 1)
    ]
    async with gateway.resources.database.transaction() as conn:
        await queries.advance_counters(conn, {person: count})
        await queries.insert_live(conn, rows)


async def test_a_stream_that_is_not_read_ends_and_resumes(impatient: Any) -> None:
    """Its place is free again, and who comes back goes on after what it saw."""
    user_id, token = await impatient.person()
    await fill(impatient, UUID(user_id), 900)
    hub = impatient.resources.extra["hub"]
    async with ask(impatient, token, "/v1/events", "Last-Event-ID: 0") as client:
        await read_to(client, b"id: 3\n")
        async with asyncio.timeout(20):
            while hub._streams:  # noqa: ASYNC110 - nobody tells when a stream is closed
                await asyncio.sleep(0.05)
        assert await is_ended(client)
    async with ask(impatient, token, "/v1/events", "Last-Event-ID: 2") as client:
        got = await read_to(client, b"id: 4\n")
    assert got.index(b"id: 3\n") < got.index(b"id: 4\n")
    assert b"id: 2\n" not in got
