"""Tasks: asked for once, done by one worker at a time, tried again, given up with a reason."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis import task_worker
from chassis.clock import FixedClock
from chassis.database import Connection, Database
from chassis.health import Health
from chassis.ids import new_id
from chassis.problems import Refused, Transient
from chassis.resources import Resources
from chassis.task_worker import (
    TRIES_MAX,
    Run,
    TaskHandler,
    TaskKind,
    TaskSettler,
    do_task,
    forget_over,
)
from chassis.tasks import (
    OWNER_MAX,
    Task,
    TooManyTasks,
    ask_for,
    browse_tasks,
    end_task,
    find_task,
    take_task,
    tell_progress,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LEASE = timedelta(minutes=1)
DAY = timedelta(days=1)


class Works:
    """A service's tasks of the kind `probe`."""

    def __init__(self, database: Database, owner: UUID | None = None) -> None:
        """Over an empty table."""
        self.database = database
        self.clock = FixedClock(NOON)
        self.resources = Resources(None, database, self.clock, Health("gateway", database, set()))
        self.owner = owner or new_id()

    async def ask(self, once: str = "it", owner: UUID | None = None) -> Task:
        """Ask for work."""
        async with self.database.transaction() as conn:
            return await ask_for(
                conn, "probe", owner or self.owner, {"n": 1}, once=once, now=self.clock.now()
            )

    async def take(self) -> Task | None:
        """Take it as a worker does."""
        async with self.database.transaction() as conn:
            return await take_task(conn, ["probe"], lease=LEASE)

    async def do(self, handler: TaskHandler, settle: TaskSettler | None = None) -> bool:
        """Do what is due."""
        return await do_task(self.resources, {"probe": TaskKind(handler, DAY, settle)})

    def by(self, ahead: timedelta) -> "Works":
        """The same person's tasks in another process, whose clock is so far ahead of the time."""
        other = Works(self.database, self.owner)
        other.clock.move(datetime.now(UTC) - NOON + ahead)
        return other

    async def pass_time(self, by: timedelta) -> None:
        """Have what waits due so much earlier: nobody moves the database's clock."""
        async with self.database.connection() as conn:
            await conn.execute("UPDATE task SET due_at = due_at - $1::interval", by)

    async def db_now(self) -> datetime:
        """The database's time."""
        async with self.database.connection() as conn:
            now: datetime = await conn.fetchval("SELECT clock_timestamp()")
        return now

    async def find(self, task: Task) -> Task:
        """As it is now."""
        async with self.database.connection() as conn:
            found = await find_task(conn, task.id, "probe", task.owner_id)
        assert found is not None
        return found


@pytest.fixture
def works(database: Database) -> Works:
    """Tasks over an empty table."""
    return Works(database)


async def done(run: Run) -> Mapping[str, Any]:
    """A handler that does its work."""
    return {"n": run.task.wanted["n"] + 1}


async def test_a_task_is_done_once_with_its_result(works: Works) -> None:
    """And then nothing is due any more."""
    asked = await works.ask()
    assert [await works.do(done), await works.do(done)] == [True, False]
    found = await works.find(asked)
    assert (found.state, found.result, found.attempts) == ("DONE", {"n": 2}, 1)
    assert (found.ended_at, found.expires_at) == (NOON, NOON + DAY)


async def test_the_same_work_waits_once(works: Works) -> None:
    """The one that waits is the answer; when it is done, it can be asked for again."""
    first, again = await works.ask(), await works.ask()
    other = await works.ask("another")
    assert first.id == again.id != other.id
    await works.do(done)
    assert (await works.ask()).id != first.id


async def test_two_who_ask_at_once_get_the_same_task(works: Works) -> None:
    """The person is locked, so neither sees nothing."""
    asked = await asyncio.gather(*(works.ask() for _ in range(8)))
    assert len({task.id for task in asked}) == 1


async def test_one_person_has_so_many_waiting(works: Works) -> None:
    """More are refused; others may go on asking."""
    for number in range(OWNER_MAX):
        await works.ask(str(number))
    with pytest.raises(TooManyTasks) as refused:
        await works.ask("more")
    assert refused.value.facts["waiting_max"] == OWNER_MAX
    assert (await works.ask("more", new_id())).state == "WAITING"


async def test_a_person_sees_their_own_tasks_only(works: Works) -> None:
    """By id and in pages, the newest first."""
    mine = [await works.ask(str(number)) for number in range(3)]
    theirs = await works.ask(owner=new_id())
    async with works.database.connection() as conn:
        assert await find_task(conn, theirs.id, "probe", works.owner) is None
        assert await find_task(conn, mine[0].id, "other", works.owner) is None
        page = await browse_tasks(conn, "probe", works.owner, after=mine[2].id, limit=5)
    assert [task.id for task in page] == [mine[1].id, mine[0].id]


async def test_one_worker_has_a_task_until_its_lease_is_over(works: Works) -> None:
    """A worker that died leaves it to the next, who counts on."""
    await works.ask()
    first = await works.take()
    assert first is not None
    assert await works.take() is None
    await works.pass_time(LEASE)
    second = await works.take()
    assert second is not None
    assert (second.id, second.turn, second.attempts) == (first.id, 2, 2)


async def test_who_lost_a_task_settles_nothing(works: Works) -> None:
    """Neither progress nor result of an older turn is kept."""
    await works.ask()
    lost = await works.take()
    await works.pass_time(LEASE)
    taken = await works.take()
    assert lost is not None
    assert taken is not None
    async with works.database.transaction() as conn:
        assert not await tell_progress(conn, lost, 1, 2)
        assert not await end_task(conn, lost, {"n": 0}, None, now=NOON, keep=DAY)
        assert await tell_progress(conn, taken, 1, 2)
        assert await end_task(conn, taken, {"n": 2}, None, now=NOON, keep=DAY)
    assert (await works.find(taken)).result == {"n": 2}


async def test_a_heartbeat_that_finds_it_lost_breaks_the_work_off(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other worker's result stands."""
    monkeypatch.setattr(task_worker, "BEAT_SECONDS", 0.01)
    asked = await works.ask()
    ended = asyncio.Event()

    async def slow(_run: Run) -> Mapping[str, Any]:
        await works.pass_time(LEASE)
        await works.take()
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()
        raise AssertionError

    assert await works.do(slow)
    assert ended.is_set()
    assert (await works.find(asked)).state == "WAITING"


async def test_progress_can_be_seen(works: Works) -> None:
    """While it is done, and afterwards."""
    asked = await works.ask()
    seen = []

    async def halfway(run: Run) -> Mapping[str, Any]:
        await run.progress(5, 10)
        seen.append(await works.find(asked))
        return {}

    await works.do(halfway)
    assert [(task.state, task.done, task.total) for task in seen] == [("WAITING", 5, 10)]


async def test_a_refusal_is_final_and_says_why(works: Works) -> None:
    """What a rule refuses is refused again."""
    asked = await works.ask()

    async def refused(_run: Run) -> Mapping[str, Any]:
        raise Refused("it is too long")

    await works.do(refused)
    found = await works.find(asked)
    assert (found.state, found.last_error) == ("DEAD", "refused: it is too long")


async def test_an_end_is_told_in_its_transaction(works: Works) -> None:
    """With the result, or without one; what cannot be told has not happened."""
    heard: list[Mapping[str, Any] | None] = []

    async def tell(_conn: Connection, _task: Task, result: Any, now: datetime) -> None:
        assert now == works.clock.now()
        heard.append(result)

    async def fail(_conn: Connection, _task: Task, _result: Any, _now: datetime) -> None:
        raise RuntimeError("not now")

    async def refuse(_run: Run) -> Mapping[str, Any]:
        raise Refused("no")

    task = await works.ask()
    with pytest.raises(RuntimeError):
        await works.do(done, fail)
    assert (await works.find(task)).state == "WAITING"
    await works.pass_time(LEASE)
    assert await works.do(done, tell)
    assert (await works.find(task)).result == heard[0]
    await works.ask("second")
    assert await works.do(refuse, tell)
    assert heard[1:] == [None]


async def test_a_fault_is_tried_again_with_pauses_and_then_given_up(works: Works) -> None:
    """Six times, each pause twice the one before."""
    asked = await works.ask()

    async def fails(_run: Run) -> Mapping[str, Any]:
        raise ZeroDivisionError

    for number in range(1, TRIES_MAX):
        before = await works.db_now()
        assert await works.do(fails)
        after, found = await works.db_now(), await works.find(asked)
        assert found.due_at is not None
        pause = timedelta(seconds=2**number)
        assert before + pause <= found.due_at <= after + pause
        # However slow this machine is, it is not over.
        await works.pass_time(timedelta(hours=-1))
        assert not await works.do(fails)
        await works.pass_time(timedelta(hours=1) + pause)
    assert await works.do(fails)
    found = await works.find(asked)
    assert (found.state, found.last_error) == ("DEAD", "ZeroDivisionError()")


async def test_what_is_away_counts_for_nothing(works: Works) -> None:
    """As long as object storage is away, it waits."""
    asked = await works.ask()

    async def away(_run: Run) -> Mapping[str, Any]:
        raise Transient("object storage is away")

    for _ in range(TRIES_MAX + 2):
        assert await works.do(away)
        await works.pass_time(timedelta(minutes=5))
    found = await works.find(asked)
    assert (found.state, found.attempts) == ("WAITING", 0)


async def test_a_task_that_kills_its_workers_is_given_up(works: Works) -> None:
    """Each death counts, because taking counts."""
    asked = await works.ask()
    for _ in range(TRIES_MAX):
        assert await works.take() is not None
        await works.pass_time(LEASE)
    assert await works.do(done)
    found = await works.find(asked)
    assert (found.state, found.last_error) == ("DEAD", f"given up after {TRIES_MAX} tries")


async def test_what_is_over_is_forgotten(works: Works) -> None:
    """Its row goes when its time is over, not before."""
    asked = await works.ask()
    await works.do(done)
    kinds = {"probe": TaskKind(done, DAY)}
    assert await forget_over(works.resources, kinds) == 0
    works.clock.move(DAY)
    assert await forget_over(works.resources, kinds) == 1
    async with works.database.connection() as conn:
        assert await find_task(conn, asked.id, "probe", works.owner) is None


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("state = 'WAITING', due_at = now(), result = NULL", "task_ended_once"),
        ("result = '{}'", "task_ended_once"),
    ],
)
async def test_what_has_ended_stays_as_it_is(works: Works, change: str, rule: str) -> None:
    """Whoever changes it: the database refuses."""
    await works.ask()
    await works.do(done)
    async with works.database.connection() as conn:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await conn.execute(f"UPDATE task SET {change}")
    assert refused.value.constraint_name == rule


@pytest.mark.parametrize("column", ["wanted = '{}'", "owner_id = uuidv7()", "kind = 'x'"])
async def test_what_was_wanted_cannot_be_changed(works: Works, column: str) -> None:
    """The service's role has no right to."""
    await works.ask()
    async with works.database.connection() as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(f"UPDATE task SET {column}")
