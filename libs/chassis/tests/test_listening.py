"""All who wait at the door are seen in a turn of the loop."""

import asyncio
import contextlib
import functools
import os
import resource
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, Final

import pytest
import uvicorn
import uvloop

from chassis.admission import Admission
from chassis.health import Health
from chassis.listening import QuietServer
from libs.chassis.tests.serving import serving

WAITING: Final = 100
#: Taken, read, answered, and what the loop needs beside; one a turn would be a hundred.
TURNS_MAX: Final = 20
#: In a third of a second, on a machine that may be slow; without any pause there are thousands.
PAUSES_MAX: Final = 50
REQUEST: Final = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def on_our_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run a test on the loop that services run on: it is what this is about."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        uvloop.run(test(**fixtures))

    return run


def _config(app: Any, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app, port=port, lifespan="off", log_config=None, timeout_graceful_shutdown=1
    )


@asynccontextmanager
async def served(app: Any) -> AsyncIterator[QuietServer]:
    """A server that answers with an application."""
    server = QuietServer(_config(app, 0))
    async with serving(server):
        yield server


def knock(server: QuietServer) -> socket.socket:
    """A client that has connected and asked, while the server did something else."""
    client = socket.create_connection(server.servers[0].sockets[0].getsockname())
    client.sendall(REQUEST)
    client.setblocking(False)
    return client


async def answer_to(client: socket.socket) -> bytes:
    """The head of the answer."""
    async with asyncio.timeout(10):
        return await asyncio.get_running_loop().sock_recv(client, 4096)


@on_our_loop
async def test_all_who_wait_are_told_in_a_few_turns() -> None:
    """One is let in, the others are told 503, before the loop has turned once for each of them."""
    go = asyncio.Event()

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await go.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    health = Health("probe", database=None, expected_migrations=set())  # type: ignore[arg-type]
    limits = SimpleNamespace(inflight_max=1, outbox_age_max_seconds=0)
    async with (
        served(Admission(app, health, limits)) as server,
        contextlib.AsyncExitStack() as stack,
    ):
        clients = [stack.enter_context(knock(server)) for _ in range(WAITING)]
        told, turns = 0, 0
        while told < WAITING - 1 and turns < TURNS_MAX:
            turns += 1
            await asyncio.sleep(0)
            told = server.server_state.total_requests
        assert told == WAITING - 1
        go.set()
        heads = [await answer_to(client) for client in clients]
    assert sorted(head.split(b" ")[1] for head in heads) == [b"204"] + [b"503"] * (WAITING - 1)


async def _nothing(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@on_our_loop
async def test_without_a_descriptor_one_waits_and_is_answered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A process that may open nothing more takes connections again when it may."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    async with served(_nothing) as server, contextlib.AsyncExitStack() as stack:
        client = stack.enter_context(knock(server))
        taken: list[int] = []
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, before[1]))
            with contextlib.suppress(OSError):
                while True:
                    taken.append(os.dup(client.fileno()))
            await asyncio.sleep(0.3)
            # It does not ask the kernel again and again meanwhile.
            assert 1 <= capsys.readouterr().out.count("listening.paused") < PAUSES_MAX
            with pytest.raises(BlockingIOError):
                client.recv(1)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)
            for one in taken:
                os.close(one)
        assert (await answer_to(client)).startswith(b"HTTP/1.1 204")


@on_our_loop
async def test_a_port_that_is_taken_is_told() -> None:
    """Who cannot listen does not start."""
    async with served(_nothing) as server:
        port = server.servers[0].sockets[0].getsockname()[1]
        with pytest.raises(OSError, match="Address already in use"):
            await QuietServer(_config(_nothing, port)).serve()


@on_our_loop
async def test_who_hangs_up_before_being_taken_harms_nobody() -> None:
    """The next is answered."""
    async with served(_nothing) as server:
        knock(server).close()
        with knock(server) as client:
            assert (await answer_to(client)).startswith(b"HTTP/1.1 204")
