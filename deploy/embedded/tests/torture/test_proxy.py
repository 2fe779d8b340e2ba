"""The proxy before a real Postgres breaks exactly what it is told to."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import asyncpg
import pytest

from embedded.torture.line import Trap
from embedded.torture.proxy import Closing, Detour
from tests.stack.database import ScratchDatabase

BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError)
type Connected = "asyncpg.Connection[asyncpg.Record]"

WRITE_ONE = """
CREATE OR REPLACE FUNCTION write_one(what integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE IF NOT EXISTS marks (what integer);
    INSERT INTO marks VALUES (what);
    RETURN 'written';
END $$
"""


@pytest.fixture
async def detour(scratch_database: ScratchDatabase) -> AsyncIterator[Detour]:
    """A detour to the test's Postgres, with two doors."""
    port = urlsplit(scratch_database.admin_url).port
    made = Detour("postgres", lambda _user: port or 0, random.Random(1), ("ledger", "search"))
    await made.open()
    yield made
    made.close()
    # What was cut off ends in the loop's next turns.
    await asyncio.sleep(0.05)


async def connect(
    scratch: ScratchDatabase, detour: Detour, user: str = "ledger", *, seconds: float = 20
) -> Connected:
    """A connection through the detour, by somebody's door."""
    parts = urlsplit(scratch.admin_url)
    place = parts.netloc.rpartition(":")[0]
    url = parts._replace(netloc=f"{place}:{detour.ports[user]}").geturl()
    return await asyncpg.connect(url, command_timeout=seconds, timeout=seconds)


async def mark(conn: Connected, what: int) -> None:
    """Write something in a transaction of its own."""
    async with conn.transaction():
        await conn.execute("CREATE TABLE IF NOT EXISTS marks (what integer)")
        await conn.execute("INSERT INTO marks VALUES ($1)", what)


async def was_written(scratch: ScratchDatabase, what: int, *, wait: bool) -> bool:
    """Whether the server has it; who was cut off may be written a moment later."""
    async with scratch.connect("admin") as direct:
        for _ in range(200 if wait else 1):
            if await direct.fetchval("SELECT count(*) FROM marks WHERE what = $1", what):
                return True
            await asyncio.sleep(0.05)
    return False


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
    assert await was_written(scratch_database, what, wait=written) == written


@pytest.mark.parametrize(
    ("trap", "written"),
    [("call answer lost", True), ("call cut off", True), ("call lost", False)],
)
async def test_a_call_that_commits_by_itself_is_cut_where_it_was_asked(
    scratch_database: ScratchDatabase, detour: Detour, trap: Trap, *, written: bool
) -> None:
    """As the ledger posts transfers: one statement, and no COMMIT. What reads springs no trap."""
    what = {"call answer lost": 11, "call cut off": 12, "call lost": 13}[trap]
    conn = await connect(scratch_database, detour)
    await conn.execute(WRITE_ONE)
    assert await conn.fetchval("SELECT write_one($1)", 0) == "written"
    detour.traps.append(trap)
    assert await conn.fetchval("SELECT max(what) FROM marks WHERE what < $1", 1) == 0
    await mark(conn, 0)
    assert detour.traps == [trap]
    with pytest.raises(BROKEN):
        await conn.fetchval("SELECT write_one($1)", what)
    conn.terminate()
    assert detour.traps == []
    assert await was_written(scratch_database, what, wait=written) == written


async def test_connections_are_reset_delayed_and_muted(
    scratch_database: ScratchDatabase, detour: Detour
) -> None:
    """Each does what its name says, and a new connection works."""
    conn = await connect(scratch_database, detour)
    loop = asyncio.get_running_loop()
    detour.pace.delay_seconds = 0.2
    started = loop.time()
    assert await conn.fetchval("SELECT 1") == 1
    assert loop.time() - started >= 0.4
    detour.pace.delay_seconds = 0.0
    started = loop.time()
    assert detour.mute_one(0.3) == 1
    with pytest.raises(BROKEN):
        await conn.fetchval("SELECT 2")
    assert loop.time() - started >= 0.3
    conn.terminate()
    again = await connect(scratch_database, detour)
    assert detour.reset() == 1
    with pytest.raises(BROKEN):
        await again.fetchval("SELECT 3")
    again.terminate()
    assert detour.reset_one() == 0


async def test_who_finds_a_black_hole_out_is_not_told_of_by_it(
    scratch_database: ScratchDatabase, detour: Detour
) -> None:
    """The client gives up by itself; the server holds what it held until the line breaks."""
    conn = await connect(scratch_database, detour)
    await mark(conn, 20)
    holding = conn.transaction()
    await holding.start()
    await conn.execute("UPDATE marks SET what = 20 WHERE what = 20")
    assert detour.mute_one(60) == 1
    with pytest.raises(TimeoutError):
        await conn.fetchval("SELECT 1", timeout=0.3)
    conn.terminate()
    await asyncio.sleep(0.1)
    async with scratch_database.connect("admin") as direct:
        locked = "SELECT count(*) FROM marks WHERE what = 20 FOR UPDATE NOWAIT"
        locked = locked.replace("count(*)", "what")
        with pytest.raises(asyncpg.LockNotAvailableError):
            await direct.fetchval(locked)
        detour.mend()
        async with asyncio.timeout(20):
            while True:
                with suppress(asyncpg.LockNotAvailableError):
                    assert await direct.fetchval(locked) == 20
                    break
                await asyncio.sleep(0.02)


async def test_new_connections_fall_into_a_hole(
    scratch_database: ScratchDatabase, detour: Detour
) -> None:
    """One is dropped; those made meanwhile are taken and never answered; later ones work."""
    first = await connect(scratch_database, detour)
    second = await connect(scratch_database, detour)
    assert detour.mute_new(60) == 1
    gone = [one for one in (first, second) if not await answers(one)]
    assert len(gone) == 1
    with pytest.raises(TimeoutError):
        await connect(scratch_database, detour, seconds=0.3)
    detour.mend()
    third = await connect(scratch_database, detour)
    assert await answers(third)
    for one in (first, second, third):
        one.terminate()


async def answers(conn: Connected) -> bool:
    """Whether the server can be asked."""
    with suppress(*BROKEN):
        return bool(await conn.fetchval("SELECT 1"))
    return False


@pytest.mark.parametrize("how", ["reset", "mute"])
async def test_one_is_parted_and_the_other_is_not(
    scratch_database: ScratchDatabase, detour: Detour, how: Closing
) -> None:
    """By its old connections and by new ones, until it is let in again."""
    ours, theirs = [await connect(scratch_database, detour, who) for who in detour.users]
    assert detour.keep_out("ledger", how) == 1
    asking = asyncio.ensure_future(answers(ours))
    with pytest.raises(BROKEN):
        await connect(scratch_database, detour, seconds=0.3)
    assert asking.done() == (how == "reset")
    assert await answers(theirs)
    other = await connect(scratch_database, detour, "search")
    detour.let_in("ledger")
    assert not await asking
    back = await connect(scratch_database, detour)
    assert await answers(back)
    for conn in (ours, theirs, other, back):
        conn.terminate()


async def test_much_goes_through_unharmed(
    scratch_database: ScratchDatabase, detour: Detour
) -> None:
    """More than any buffer holds, both ways, while the other side is slow."""
    conn = await connect(scratch_database, detour)
    much = "x" * 20_000_000
    assert await conn.fetchval("SELECT $1::text", much) == much
    with suppress(*BROKEN):
        await conn.close()
