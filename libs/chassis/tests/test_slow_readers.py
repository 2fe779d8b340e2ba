"""A client that does not read is not waited for; one that reads slowly is."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
import uvloop

from chassis.impatience import Impatient, impatient_protocol
from chassis.listening import QuietServer
from chassis.metrics import NOT_READ
from libs.chassis.tests.serving import serving

PART = b"x" * 64 * 1024
#: What the systems of both sides hold at most for one connection on this machine, and some more.
HELD_MAX = 24 * 1024 * 1024


class Talker:
    """An application that sends parts until it is told to end, or its client is gone."""

    def __init__(self, parts: int, part: bytes = PART, pause: float = 0) -> None:
        """Send so many parts."""
        self.parts = parts
        self.part = part
        self.pause = pause
        self.sent = 0
        self.left = asyncio.Event()

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        leaving = asyncio.create_task(self._notice(receive))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while self.sent < self.parts and not self.left.is_set():
            await send({"type": "http.response.body", "body": self.part, "more_body": True})
            self.sent += 1
            await asyncio.sleep(self.pause)
        await send({"type": "http.response.body", "body": b""})
        leaving.cancel()

    async def _notice(self, receive: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.left.set()


@asynccontextmanager
async def serve(app: Talker, seconds: float, bytes_min: int = 1) -> AsyncIterator[QuietServer]:
    """Run a server, which looks each second."""
    protocol = impatient_protocol(10, seconds, bytes_min)
    config = uvicorn.Config(
        app, port=0, http=protocol, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )
    server = QuietServer(config)
    async with serving(server):
        yield server


@asynccontextmanager
async def ask(server: QuietServer, buffer: int = 4096) -> AsyncIterator[socket.socket]:
    """A connection with a small buffer, on which a request was sent and nothing read yet."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    with client:
        await loop.sock_connect(client, server.servers[0].sockets[0].getsockname())
        await loop.sock_sendall(client, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        yield client


def not_read() -> float:
    """How many connections ended because nobody read."""
    (metric,) = NOT_READ.collect()
    return metric.samples[0].value


async def end_of(client: socket.socket) -> bytes:
    """What still comes until the connection ends."""
    loop, got = asyncio.get_running_loop(), bytearray()
    with contextlib.suppress(ConnectionError):
        while part := await asyncio.wait_for(loop.sock_recv(client, 1 << 20), 20):
            got += part
    return bytes(got)


@pytest.mark.parametrize("factory", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_who_does_not_read_is_ended(factory: Any) -> None:
    """Whatever loop runs: the application hears of it, and until then little is held for it."""

    async def story() -> None:
        app, before = Talker(100_000), not_read()
        async with serve(app, 1) as server, ask(server) as client:
            held = 0
            async with asyncio.timeout(20):
                while not app.left.is_set():
                    for one in server.server_state.connections:
                        assert isinstance(one, Impatient)
                        held = max(held, one.transport.get_write_buffer_size())
                    await asyncio.sleep(0.05)
            assert 0 < held <= 3 * len(PART), "the high-water mark, and a part"
            assert app.sent * len(PART) < HELD_MAX
            assert not_read() == before + 1
            assert b"0\r\n\r\n" not in (await end_of(client))[-8:]
            assert not server.server_state.connections

    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(story())


async def test_a_small_answer_that_nobody_reads_is_ended() -> None:
    """It is in the system's buffer only, and the application has long finished."""
    app = Talker(1, part=b"y" * 40_000)
    async with serve(app, 1) as server, ask(server) as client:
        async with asyncio.timeout(20):
            while server.server_state.connections or not app.sent:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.05)
        assert len(await end_of(client)) < len(app.part)


async def test_who_takes_nearly_nothing_is_ended() -> None:
    """A byte now and then is no reading, where more waits."""
    app = Talker(100_000)
    loop = asyncio.get_running_loop()
    async with serve(app, 2, 10_000_000) as server, ask(server) as client:
        taken = 0
        async with asyncio.timeout(30):
            while not app.left.is_set():
                with contextlib.suppress(ConnectionError):
                    taken += len(await loop.sock_recv(client, 16_384))
                await asyncio.sleep(0.1)
        assert taken > 0


@pytest.mark.slow
async def test_a_slow_reader_gets_everything() -> None:
    """It takes its time, more than twice the limit, and a part of all in each second."""
    app = Talker(128)
    loop = asyncio.get_running_loop()
    async with serve(app, 5, 800_000) as server, ask(server, 128 * 1024) as client:
        got, started = bytearray(), loop.time()
        while not got.endswith(b"\r\n0\r\n\r\n"):
            part = await asyncio.wait_for(loop.sock_recv(client, 65_536), 10)
            assert part, "it was ended"
            got += part
            await asyncio.sleep(0.1)
        assert loop.time() - started > 12
        assert got.count(b"x") == len(PART) * app.parts


async def test_a_stream_of_little_things_is_not_too_little() -> None:
    """Who takes all that there is need not take as much as the limit says."""
    app = Talker(35, part=b"event", pause=0.1)
    loop = asyncio.get_running_loop()
    async with serve(app, 1, 1024 * 1024) as server, ask(server) as client:
        got = bytearray()
        while not got.endswith(b"\r\n0\r\n\r\n"):
            part = await asyncio.wait_for(loop.sock_recv(client, 4096), 10)
            assert part, "it was ended"
            got += part
        assert got.count(b"event") == 35
