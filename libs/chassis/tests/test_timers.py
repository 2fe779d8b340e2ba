"""Timers fire once when due, with their effect or not at all."""

from datetime import UTC, datetime, timedelta

from chassis.clock import FixedClock
from chassis.database import Connection, Database
from chassis.timers import TimerWorker, cancel_timer, set_timer

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def test_a_timer_fires_when_its_time_has_come(database: Database) -> None:
    """Not before, and once."""
    fired: list[str] = []

    async def handler(_conn: Connection, key: str, _now: datetime) -> None:
        fired.append(key)

    clock = FixedClock(NOON)
    worker = TimerWorker(database, clock, {"expire": handler})
    async with database.transaction() as conn:
        await set_timer(conn, "expire", "trade-1", NOON + timedelta(days=3))
    assert await worker.fire_due() == 0
    clock.move(timedelta(days=3))
    assert await worker.fire_due() == 1
    assert await worker.fire_due() == 0
    assert fired == ["trade-1"]


async def test_a_cancelled_timer_never_fires(database: Database) -> None:
    """And cancelling one that is not there is fine."""

    async def handler(_conn: Connection, _key: str, _now: datetime) -> None:
        raise AssertionError

    async with database.transaction() as conn:
        await set_timer(conn, "expire", "trade-1", NOON)
        await cancel_timer(conn, "expire", "trade-1")
        await cancel_timer(conn, "expire", "trade-2")
    assert await TimerWorker(database, FixedClock(NOON), {"expire": handler}).fire_due() == 0


async def test_a_failing_timer_leaves_no_half_effect_and_is_tried_later(
    database: Database,
) -> None:
    """It is postponed with growing pauses, and others fire meanwhile."""
    fired: list[str] = []

    async def handler(conn: Connection, key: str, _now: datetime) -> None:
        fired.append(key)
        if key == "bad":
            await set_timer(conn, "half", "effect", NOON)
            raise ZeroDivisionError

    clock = FixedClock(NOON)
    worker = TimerWorker(database, clock, {"expire": handler})
    async with database.transaction() as conn:
        await set_timer(conn, "expire", "bad", NOON - timedelta(seconds=1))
        await set_timer(conn, "expire", "good", NOON)
    assert await worker.fire_due() == 2
    async with database.connection() as conn:
        rows = await conn.fetch("SELECT kind, key, due_at, attempts, last_error FROM timer")
    assert [(row["kind"], row["key"], row["attempts"]) for row in rows] == [("expire", "bad", 1)]
    assert rows[0]["due_at"] > NOON
    assert rows[0]["last_error"] == "ZeroDivisionError()"
    clock.move(timedelta(minutes=1))
    await worker.fire_due()
    assert fired == ["bad", "good", "bad"]


async def test_a_handler_may_set_its_own_timer_anew(database: Database) -> None:
    """A reminder that repeats itself is one row."""

    async def handler(conn: Connection, key: str, now: datetime) -> None:
        await set_timer(conn, "remind", key, now + timedelta(hours=1))

    worker = TimerWorker(database, FixedClock(NOON), {"remind": handler})
    async with database.transaction() as conn:
        await set_timer(conn, "remind", "x", NOON)
    assert await worker.fire_due() == 1
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT due_at FROM timer") == NOON + timedelta(hours=1)
