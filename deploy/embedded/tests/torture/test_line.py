"""One connection through a detour: how it breaks, and what comes how late, how slow and how far."""

import asyncio
import random
import time
from collections.abc import AsyncIterator

import pytest

from embedded.torture.line import Line, Traffic
from embedded.torture.proxy import ANYBODY, Detour

MUCH = bytes(range(256)) * 1024
RATE = 524_288
SAID = b"0123456789" * 40


class Side(asyncio.Transport):
    """A side of a connection that keeps what it is sent."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.written: list[bytes] = []
        self._heard = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written.append(bytes(data))

    def close(self) -> None:
        """Nothing is open."""

    def is_closing(self) -> bool:
        """Never."""
        return False

    def pause_reading(self) -> None:
        """It is not listened to."""
        self._heard = False

    def resume_reading(self) -> None:
        """It is."""
        self._heard = True

    def is_heard(self) -> bool:
        """Whether it is listened to."""
        return self._heard


class Echo:
    """A server that sends back what it is sent, and tells how each of its connections ended."""

    def __init__(self) -> None:
        """Nobody came yet."""
        self.ended: asyncio.Queue[Exception | None] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        error: Exception | None = None
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        except OSError as raised:
            error = raised
        writer.close()
        self.ended.put_nowait(error)


@pytest.fixture
async def echo() -> AsyncIterator[tuple[Echo, Detour]]:
    """The server, and a detour before it."""
    made = Echo()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    detour = Detour("echo", lambda _user: port, random.Random(1))
    await detour.open()
    yield made, detour
    detour.close()
    server.close()
    await asyncio.sleep(0.05)


async def connect(detour: Detour) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that works."""
    reader, writer = await asyncio.open_connection("127.0.0.1", detour.ports[ANYBODY])
    writer.write(b"hello")
    assert await reader.readexactly(5) == b"hello"
    return reader, writer


async def test_what_is_broken_off_is_reset_on_both_sides(echo: tuple[Echo, Detour]) -> None:
    """Not closed in good order, which would tell both that the other has said everything."""
    server, detour = echo
    reader, writer = await connect(detour)
    assert detour.reset_one() == 1
    with pytest.raises(ConnectionResetError):
        await reader.read()
    assert isinstance(await server.ended.get(), ConnectionResetError)
    writer.close()


async def test_who_ends_in_good_order_is_passed_on_so(echo: tuple[Echo, Detour]) -> None:
    """The other side gets all, and no error."""
    server, detour = echo
    _, writer = await connect(detour)
    writer.close()
    assert await server.ended.get() is None


async def test_an_answer_is_cut_after_some_of_its_bytes(echo: tuple[Echo, Detour]) -> None:
    """After how many chance says: not always so many."""
    _, detour = echo
    found = []
    for _ in range(6):
        reader, writer = await connect(detour)
        detour.traps.append("cut in an answer")
        writer.write(SAID)
        found.append(await reader.read())
        writer.close()
    assert all(SAID.startswith(one) and len(one) < len(SAID) for one in found)
    assert len({len(one) for one in found}) > 3


async def test_a_slow_wire_takes_as_long_as_its_rate_says(echo: tuple[Echo, Detour]) -> None:
    """There and back; and nothing of it is lost or in another order."""
    _, detour = echo
    reader, writer = await connect(detour)
    detour.pace.bytes_per_second = RATE
    began = time.monotonic()
    writer.write(MUCH)
    assert await reader.readexactly(len(MUCH)) == MUCH
    assert time.monotonic() - began >= 0.9 * len(MUCH) / RATE
    # It is fast again at once, also for what waits.
    detour.pace.bytes_per_second = 16
    writer.write(MUCH)
    await asyncio.sleep(0.1)
    detour.pace.bytes_per_second = 0
    async with asyncio.timeout(20):
        assert await reader.readexactly(len(MUCH)) == MUCH
    writer.close()


async def test_who_sends_more_than_a_slow_wire_carries_is_not_listened_to() -> None:
    """What waits is bounded; when it has gone, its sender goes on."""
    traffic = Traffic("echo", random.Random(1))
    client, server = Side(), Side()
    line = Line(traffic, client)
    line.connected(server)
    traffic.pace.bytes_per_second = RATE
    line.from_client(MUCH)
    assert not client.is_heard()
    assert server.is_heard()
    line.throttle(server, on=True)
    line.throttle(server, on=False)
    assert not client.is_heard()
    async with asyncio.timeout(20):
        while not client.is_heard():  # noqa: ASYNC110 - the line tells nobody
            await asyncio.sleep(0.01)
    traffic.pace.bytes_per_second = 0
    await asyncio.sleep(0.1)
    assert b"".join(server.written) == MUCH


async def test_what_is_delayed_stays_in_order() -> None:
    """Also when the loop is late, and when the delay has ended: a wire mixes nothing up."""
    traffic = Traffic("echo", random.Random(1))
    client = Side()
    line = Line(traffic, client)
    line.connected(Side())
    traffic.pace.delay_seconds = 0.01
    line.from_server(b"one")
    line.from_server(b"two")
    traffic.pace.delay_seconds = 0.0
    time.sleep(0.03)  # noqa: ASYNC251 - the loop is late
    line.from_server(b"three")
    await asyncio.sleep(0.03)
    line.from_server(b"four")
    traffic.pace.delay_seconds = 0.01
    line.from_server(b"five")
    line.finish()
    assert client.written == [b"one", b"two", b"three", b"four", b"five"]
