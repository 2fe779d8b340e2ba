"""Work ends when nobody waits for it any more, and what is cut is not done or answered again."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from fastapi import Response
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis import failpoints
from chassis.database import Connection, Database
from chassis.deadlines import MAX_MS, Deadlines, seconds_left
from chassis.idempotency import Answer, answer_once
from libs.chassis.tests.test_consumer import COUNT_UP, effects
from libs.chassis.tests.test_idempotency import wish

SELECT_SLEEPERS = """
SELECT count(*) FROM pg_stat_activity
WHERE query LIKE '%pg_sleep(7)%' AND state = 'active' AND pid <> pg_backend_pid()
"""


class Written:
    """An application that writes under a key, as slowly as a test wishes."""

    def __init__(self, database: Database, *statements: str) -> None:
        self.database = database
        self.statements = statements
        self.called = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write once."""
        self.called += 1
        response: Response = await answer_once(self.database, wish(), self.perform)
        await response(scope, receive, send)

    async def perform(self, conn: Connection) -> Answer:
        """Count, and do what else was asked for."""
        await conn.execute(COUNT_UP, "written")
        for statement in self.statements:
            await conn.execute(statement)
        return Answer.of(201, {"done": True})


async def ask(app: ASGIApp, deadline_ms: int | str | None) -> httpx2.Response:
    """One request behind the limit."""
    headers = {} if deadline_ms is None else {"X-Deadline-Ms": str(deadline_ms)}
    transport = httpx2.ASGITransport(Deadlines(app))
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as client:
        return await client.get("/", headers=headers)


@pytest.fixture
def failing() -> Iterator[None]:
    """Failpoints are off afterwards."""
    yield
    failpoints.arm("", env="dev")


def test_a_part_of_the_time_is_kept_for_the_way_back() -> None:
    """A tenth, and never more than a tenth of a second; what is no number limits nothing."""
    assert seconds_left(b"10000") == 9.9
    assert seconds_left(b"200") == 0.18
    assert seconds_left(b"0") == 0
    assert seconds_left(b"999999999") == (MAX_MS - 100) / 1000
    assert [seconds_left(text) for text in (b"", b"-1", b"1.5", b"1e3", b"x")] == [None] * 5


async def test_who_does_not_say_waits(database: Database) -> None:
    """Without the header nothing is cut."""
    answer = await ask(Written(database, "SELECT pg_sleep(0.05)"), None)
    assert answer.status_code == 201


async def test_a_deadline_that_has_passed_asks_nothing_of_the_database(database: Database) -> None:
    """It is refused before anything is done for it."""
    app = Written(database)
    answer = await ask(app, 0)
    assert answer.status_code == 504
    assert answer.json()["type"] == "urn:localex:problem:deadline-passed"
    assert app.called == 0


async def test_no_connection_is_waited_for_longer(database: Database) -> None:
    """A pool that is used up is not waited for when nobody waits for the answer."""
    app = Written(database)
    async with asyncio.TaskGroup() as group, asyncio.timeout(30):
        held = [await database.pool.acquire() for _ in range(25)]
        asked = group.create_task(ask(app, 150))
        answer = await asked
        for conn in held:
            await database.pool.release(conn)
    assert answer.status_code == 504
    assert await effects(database) == {}


async def test_a_slow_statement_is_cut_and_nothing_of_it_stays(database: Database) -> None:
    """The server stops working on it, its transaction is undone, its connection is used again."""
    app = Written(database, "SELECT pg_sleep(7)")
    answer = await ask(app, 200)
    assert answer.status_code == 504
    assert await effects(database) == {}
    async with database.connection() as conn:
        assert await conn.fetchval(SELECT_SLEEPERS) == 0
    app.statements = ()
    again = await ask(app, 5000)
    assert again.status_code == 201
    assert "idempotency-replayed" not in again.headers
    assert await effects(database) == {"written": 1}


async def test_what_waited_for_a_lock_is_not_done_later(database: Database) -> None:
    """Whoever was cut off while another held its key leaves nothing waiting behind."""
    app = Written(database)
    async with database.transaction() as conn:
        await answer_in(conn, app)
        cut = await ask(app, 200)
        assert cut.status_code == 504
    assert await effects(database) == {"written": 1}


async def answer_in(conn: Connection, app: Written) -> None:
    """Hold the key in an open transaction, and write."""
    await conn.fetch("SELECT * FROM hold_answers($1, $2)", ["ana"], ["k1"])
    await app.perform(conn)


@pytest.mark.usefixtures("failing")
async def test_what_was_committed_is_answered_when_asked_again(database: Database) -> None:
    """Cut between commit and answer: the same key gives the answer, and no second effect."""
    failpoints.arm("idempotency.after_commit=stall:7", env="dev")
    app = Written(database)
    # On a busy machine the commit needs its time.
    assert (await ask(app, 1000)).status_code == 504
    assert failpoints.fired == ["idempotency.after_commit"]
    again = await ask(app, 5000)
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert await effects(database) == {"written": 1}


async def test_an_answer_that_has_begun_goes_out_whole() -> None:
    """The deadline is for the beginning; a long answer takes its time."""

    async def parts() -> AsyncIterator[bytes]:
        yield b"begun, "
        await asyncio.sleep(0.15)
        yield b"whole"

    answer = await ask(StreamingResponse(parts()), 100)
    assert answer.text == "begun, whole"


async def test_a_time_out_of_the_work_itself_is_not_taken_for_the_deadline() -> None:
    """What times out by itself is told by whoever ran out of time."""

    async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise TimeoutError("the engine")

    with pytest.raises(TimeoutError, match="the engine"):
        await ask(fails, 5000)


async def test_one_who_is_cut_harms_no_other() -> None:
    """Each request has its own time."""

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0.12)
        await PlainTextResponse("done")(scope, receive, send)

    answers = await asyncio.gather(ask(slow, 60), ask(slow, 5000), ask(slow, None))
    assert [answer.status_code for answer in answers] == [504, 200, 200]
