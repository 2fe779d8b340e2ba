"""The proxy before a real Postgres breaks exactly what it is told to."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import asyncpg
import pytest

from embedded.torture.proxy import Detour, Line, Trap
from tests.stack.database import ScratchDatabase

BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)


class Side(asyncio.Transport):
    """A side of a connection that keeps what it is sent."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep it."""
        self.written.append(bytes(data))

    def close(self) -> None:
        """Nothing is open."""

    def is_closing(self) -> bool:
        """Never."""
        return False


@pytest.fixture
async def detour(scratch_database: ScratchDatabase) -> AsyncIterator[Detour]:
    """A detour to the test's Postgres."""
    port = urlsplit(scratch_database.admin_url).port
    made = Detour("postgres", lambda: port or 0, random.Random(1))
    await made.open()
    yield made
    made.close()
    # What was cut off ends in the loop's next turns.
    await asyncio.sleep(0.05)


async def connect(scratch: ScratchDatabase, detour: Detour) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection through the detour."""
    parts = urlsplit(scratch.admin_url)
    place = parts.netloc.rpartition(":")[0]
    return await asyncpg.connect(
        parts._replace(netloc=f"{place}:{detour.port}").geturl(), command_timeout=3
    )


async def mark(conn: "asyncpg.Connection[asyncpg.Record]", what: int) -> None:
    """Write something in a transaction of its own."""
    async with conn.transaction():
        await conn.execute("CREATE TABLE IF NOT EXISTS marks (what integer)")
        await conn.execute("INSERT INTO marks VALUES ($1)", what)


@pytest.mark.parametrize(
    ("trap", "written"),
    [("commit answer lost", True), ("commit cut off", True), ("commit lost", False)],
)
async def test_a_commit_is_cut_where_it_was_asked(
    scratch_database: ScratchDatabase, detour: Detour, trap: Trap, *, written: bool
) -> None:
    """The client sees a broken connection each time; what it sees says nothing of what happened."""
    what = {"commit answer lost": 1, "commit cut off": 2, "commit lost": 3}[trap]
    conn = await connect(scratch_database, detour)
    await mark(conn, 0)
    detour.traps.append(trap)
    with pytest.raises(BROKEN):
        await mark(conn, what)
    conn.terminate()
    assert detour.traps == []
    async with scratch_database.connect("admin") as direct:
        for _ in range(50):
            found = await direct.fetchval("SELECT count(*) FROM marks WHERE what = $1", what)
            if found or not written:
                break
            await asyncio.sleep(0.02)
        assert bool(found) == written


async def test_connections_are_reset_delayed_and_muted(
    scratch_database: ScratchDatabase, detour: Detour
) -> None:
    """Each does what its name says, and a new connection works."""
    conn = await connect(scratch_database, detour)
    detour.delay_seconds = 0.2
    started = asyncio.get_running_loop().time()
    assert await conn.fetchval("SELECT 1") == 1
    assert asyncio.get_running_loop().time() - started >= 0.4
    detour.delay_seconds = 0.0
    assert detour.mute_one(0.3) == 1
    with pytest.raises(BROKEN):
        await conn.fetchval("SELECT 2")
    assert asyncio.get_running_loop().time() - started >= 0.7
    conn.terminate()
    again = await connect(scratch_database, detour)
    assert detour.reset() == 1
    with pytest.raises(BROKEN):
        await again.fetchval("SELECT 3")
    again.terminate()
    assert detour.reset_one() == 0


async def test_what_is_delayed_stays_in_order(detour: Detour) -> None:
    """Also when the loop is late, and when the delay has ended: a wire mixes nothing up."""
    client = Side()
    line = Line(detour, client)
    line.connected(Side())
    detour.delay_seconds = 0.01
    line.from_server(b"one")
    line.from_server(b"two")
    detour.delay_seconds = 0.0
    time.sleep(0.03)  # noqa: ASYNC251 - the loop is late
    line.from_server(b"three")
    await asyncio.sleep(0.03)
    line.from_server(b"four")
    detour.delay_seconds = 0.01
    line.from_server(b"five")
    line.finish()
    assert client.written == [b"one", b"two", b"three", b"four", b"five"]


async def test_much_goes_through_unharmed(
    scratch_database: ScratchDatabase, detour: Detour
) -> None:
    """More than any buffer holds, both ways, while the other side is slow."""
    conn = await connect(scratch_database, detour)
    much = "x" * 20_000_000
    assert await conn.fetchval("SELECT $1::text", much) == much
    with suppress(*BROKEN):
        await conn.close()
