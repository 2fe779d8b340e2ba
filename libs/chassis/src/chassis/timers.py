"""Durable timers: due times in a table, each fired in one transaction with its effect."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from chassis.clock import Clock
from chassis.database import Connection, Database, is_transient
from chassis.failpoints import reach
from chassis.logs import get_logger
from chassis.metrics import TIMERS_FIRED
from chassis.problems import Problem

log = get_logger(__name__)

POLL_SECONDS: Final = 0.25
BATCH_MAX: Final = 100

UPSERT_TIMER: Final = """
INSERT INTO timer (kind, key, due_at) VALUES ($1, $2, $3)
ON CONFLICT (kind, key) DO UPDATE SET due_at = $3, attempts = 0, last_error = NULL
"""
HOLD_TIMER: Final = "SELECT FROM timer WHERE kind = $1 AND key = $2 FOR UPDATE"
DELETE_TIMER: Final = "DELETE FROM timer WHERE kind = $1 AND key = $2"
TAKE_DUE: Final = """
SELECT kind, key, due_at, attempts FROM timer
WHERE due_at <= $1 AND kind = ANY($2::text [])
ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
"""
TAKE_OTHERS: Final = """
DELETE FROM timer WHERE (kind, key) IN (
    SELECT kind, key FROM timer WHERE kind = $1 AND due_at <= $2
    ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING key
"""
POSTPONE: Final = """
UPDATE timer SET attempts = attempts + 1, last_error = $3,
    due_at = $4::timestamptz
        + least(interval '1 second' * (1 << least(attempts, 8)), interval '5 minutes')
WHERE kind = $1 AND key = $2
"""

type TimerHandler = Callable[[Connection, str, datetime], Awaitable[None]]


async def set_timer(conn: Connection, kind: str, key: str, due_at: datetime) -> None:
    """Fire `kind` for `key` at `due_at` or soon after; setting it again moves it."""
    await conn.execute(UPSERT_TIMER, kind, key, due_at)


async def hold_timer(conn: Connection, kind: str, key: str) -> None:
    """Keep a timer from being fired until the transaction ends; one that is not there is fine."""
    await conn.execute(HOLD_TIMER, kind, key)


async def cancel_timer(conn: Connection, kind: str, key: str) -> None:
    """Forget a timer; one that is not there is fine."""
    await conn.execute(DELETE_TIMER, kind, key)


async def take_due_timers(conn: Connection, kind: str, now: datetime, limit: int) -> list[str]:
    """Take more timers of a kind that are due, for a handler that does them all at once.

    Args:
        conn: The transaction in which the handler's own timer was taken.
        kind: The handler's.
        now: The clock's time.
        limit: At most this many; those that another transaction holds are left to it.

    Returns:
        Their keys.
    """
    return [row["key"] for row in await conn.fetch(TAKE_OTHERS, kind, now, limit)]


async def work_together(
    conn: Connection,
    kind: str,
    key: str,
    now: datetime,
    *,
    limit: int,
    work: Callable[[Sequence[str]], Awaitable[None]],
) -> None:
    """Do a handler's work for all timers of its kind that are due, a batch at a time.

    When the batch is refused, the handler's own timer is done alone, so that one fault stops no
    other.

    Args:
        conn: The transaction in which the handler's own timer was taken.
        kind: The handler's.
        key: Of its own timer.
        now: The clock's time.
        limit: At most this many at once.
        work: Takes keys, in the same transaction.

    Raises:
        Problem: What refused the one alone.
    """
    try:
        # A savepoint: what it undoes gives the other timers back.
        async with conn.transaction():
            await work([key, *await take_due_timers(conn, kind, now, limit - 1)])
    except Problem:
        await work([key])


class TimerWorker:
    """Fires due timers until it is stopped. Several workers share the table."""

    def __init__(
        self, database: Database, clock: Clock, handlers: Mapping[str, TimerHandler]
    ) -> None:
        """Each handler takes (conn, key, now); `now` is the clock's."""
        self._database = database
        self._clock = clock
        self._handlers = dict(handlers)
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """End after the timer in progress."""
        self._stopping.set()

    async def run(self) -> None:
        """Poll and fire; a lost database only pauses it."""
        if not self._handlers:
            return
        while not self._stopping.is_set():
            try:
                fired = await self.fire_due()
            except Exception as error:
                if not is_transient(error):
                    log.exception("timers.failed")
                fired = 0
            if not fired:
                try:
                    await asyncio.wait_for(self._stopping.wait(), POLL_SECONDS)
                except TimeoutError:
                    continue

    async def fire_due(self) -> int:
        """Fire up to a batch of due timers, each in its own transaction; returns how many."""
        fired = 0
        while fired < BATCH_MAX and await self._fire_one():
            fired += 1
        return fired

    async def _fire_one(self) -> bool:
        now = self._clock.now()
        row: Any = None
        try:
            async with self._database.transaction() as conn:
                row = await conn.fetchrow(TAKE_DUE, now, list(self._handlers))
                if row is None:
                    return False
                # Deleted first, so that the handler may set the same timer anew.
                await reach("timers.after_take")
                await conn.execute(DELETE_TIMER, row["kind"], row["key"])
                await reach("timers.after_delete")
                await self._handlers[row["kind"]](conn, row["key"], now)
                await reach("timers.after_effect")
            await reach("timers.after_commit")
        except Exception as error:
            if row is None or is_transient(error):
                raise
            log.exception("timer.failed", kind=row["kind"], key=row["key"])
            TIMERS_FIRED.labels(row["kind"], "failed").inc()
            async with self._database.transaction() as conn:
                await conn.execute(POSTPONE, row["kind"], row["key"], repr(error)[:500], now)
        else:
            TIMERS_FIRED.labels(row["kind"], "fired").inc()
        return True
