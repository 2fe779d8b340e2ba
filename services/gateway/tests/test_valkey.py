"""Valkey may be away in every way that a network has, and is never a reason to fail."""

import asyncio
import socket
import struct
from contextlib import suppress

import pytest
import uvloop

from gateway.valkey import Valkey
from tests.stack.backend import Backend

_NO_LINGER = struct.pack("ii", 1, 0)


class Shop:
    """A server that answers each command with PONG, and can reset who is connected."""

    def __init__(self) -> None:
        """Nobody came yet."""
        self._writers: list[asyncio.StreamWriter] = []
        self._serving: list[asyncio.Task[None] | None] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self._writers.append(writer)
        self._serving.append(asyncio.current_task())
        with suppress(OSError):
            while line := await reader.readline():
                for _ in range(2 * int(line[1:])):
                    await reader.readline()
                writer.write(b"+PONG\r\n")
        writer.close()

    def reset(self) -> None:
        """Break off all connections."""
        for writer in self._writers:
            found = writer.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            writer.transport.abort()
        self._writers.clear()

    async def close(self) -> None:
        """Wait until all have gone."""
        for serving in self._serving:
            if serving is not None:
                await serving
        await asyncio.sleep(0.01)


async def ask_thrice(seconds: float) -> list[bool]:
    """Whether there is an answer: before a reset, so long after it, and when it is over."""
    shop = Shop()
    server = await asyncio.start_server(shop.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    valkey = Valkey(f"redis://127.0.0.1:{port}/0?protocol=2")
    answers = []
    try:
        answers.append(await valkey.ask("PING"))
        shop.reset()
        await asyncio.sleep(seconds)
        answers.append(await valkey.ask("PING"))
        valkey.away_until = 0.0
        answers.append(await valkey.ask("PING"))
    finally:
        await valkey.close()
        server.close()
        await shop.close()
    return [bool(answer) for answer in answers]


@pytest.mark.parametrize("seconds", [0.0, 0.05])
async def test_a_connection_that_was_reset_is_valkey_away(seconds: float) -> None:
    """Also where it lay in the pool meanwhile, as the services' event loop tells it."""
    assert await asyncio.to_thread(uvloop.run, ask_thrice(seconds)) == [True, False, True]


async def ask_after_all_have_gone(url: str) -> list[bool]:
    """Whether there are answers, of as many at once as there were connections, which are closed."""
    valkey = Valkey(url)
    try:
        for command in ("PING", "QUIT"):
            assert all(await asyncio.gather(*[valkey.ask(command) for _ in range(8)]))
        await asyncio.sleep(0.1)
        return [bool(one) for one in await asyncio.gather(*[valkey.ask("PING") for _ in range(8)])]
    finally:
        await valkey.close()


async def test_connections_that_valkey_closed_are_made_anew(valkey: Backend) -> None:
    """Whoever asks after it was restarted is answered, and not told that it is away."""
    asked = ask_after_all_have_gone(valkey.settings["GATEWAY_VALKEY_URL"])
    assert await asyncio.to_thread(uvloop.run, asked) == [True] * 8
