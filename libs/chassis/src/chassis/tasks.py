"""Tasks: work that somebody asked for and that outlasts a transaction.

A row a task, in the service's own schema: asked for in the transaction of the wish, taken by lease
and `SKIP LOCKED`, tried again with growing pauses, given up with a reason. What must happen *in* a
transaction at a time is a timer (`chassis.timers`).

When a task is due and how long a lease lasts is told by the database's clock alone: a worker whose
own is an hour ahead takes nothing that another has in its hands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.problems import TooMany

#: Tasks of one person that wait.
OWNER_MAX: Final = 5
ERROR_CHARACTERS: Final = 500

LOCK_OWNER: Final = "SELECT pg_advisory_xact_lock(hashtextextended('task:' || $1::text, 0))"
COUNT_WAITING: Final = """
SELECT count(*) FROM task WHERE owner_id = $1 AND state = 'WAITING'
"""
SELECT_SAME: Final = """
SELECT * FROM task WHERE kind = $1 AND owner_id = $2 AND once = $3 AND state = 'WAITING'
"""
INSERT_TASK: Final = """
INSERT INTO task (id, kind, owner_id, once, wanted, due_at, created_at)
VALUES ($1, $2, $3, $4, $5, statement_timestamp(), $6) RETURNING *
"""
SELECT_TASK: Final = "SELECT * FROM task WHERE id = $1 AND kind = $2 AND owner_id = $3"
SELECT_PAGE: Final = """
SELECT * FROM task WHERE owner_id = $1 AND kind = $2 AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC LIMIT $4
"""
TAKE_TASK: Final = """
UPDATE task SET
    turn = turn + 1, attempts = attempts + 1, due_at = statement_timestamp() + $2::interval
WHERE id = (
    SELECT id FROM task
    WHERE state = 'WAITING' AND due_at <= statement_timestamp() AND kind = ANY($1::text [])
    ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING *
"""
HOLD_TASK: Final = """
UPDATE task SET due_at = statement_timestamp() + $3::interval
WHERE id = $1 AND turn = $2 AND state = 'WAITING' RETURNING id
"""
TELL_PROGRESS: Final = """
UPDATE task SET done = $3, total = $4 WHERE id = $1 AND turn = $2 AND state = 'WAITING'
RETURNING id
"""
POSTPONE_TASK: Final = """
UPDATE task SET due_at = statement_timestamp() + $3::interval, attempts = attempts - $4,
    last_error = $5
WHERE id = $1 AND turn = $2 AND state = 'WAITING'
"""
END_TASK: Final = """
UPDATE task SET state = $3, result = $4, last_error = $5, due_at = NULL, ended_at = $6,
    expires_at = $7
WHERE id = $1 AND turn = $2 AND state = 'WAITING' RETURNING id
"""
SELECT_OVER: Final = """
SELECT * FROM task
WHERE state <> 'WAITING' AND expires_at <= $1 AND kind = ANY($2::text [])
ORDER BY expires_at LIMIT $3
"""
SELECT_KNOWN: Final = "SELECT id FROM task WHERE id = ANY($1::uuid [])"
DELETE_TASK: Final = "DELETE FROM task WHERE id = $1 AND state <> 'WAITING'"


class TooManyTasks(TooMany):
    """As many tasks of this person wait as may."""

    title = "Too many tasks wait"


@dataclass(frozen=True, slots=True)
class Task:
    """A task as it stands."""

    id: UUID
    kind: str
    owner_id: UUID
    once: str
    wanted: dict[str, Any]
    state: Literal["WAITING", "DONE", "DEAD"]
    due_at: datetime | None
    turn: int
    attempts: int
    done: int
    total: int | None
    result: dict[str, Any] | None
    last_error: str | None
    created_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None


async def ask_for(
    conn: Connection,
    kind: str,
    owner_id: UUID,
    wanted: Mapping[str, Any],
    *,
    once: str,
    now: datetime,
) -> Task:
    """Have work done soon after this transaction.

    Args:
        conn: Open transaction; the caller commits.
        kind: Which worker does it.
        owner_id: For whom.
        wanted: What, as JSON.
        once: What makes it the same work: of one person, one waits at a time.
        now: The clock's time, which it tells as that of the wish.

    Returns:
        The task; the one that waits already, if it is the same.

    Raises:
        TooManyTasks: As many of this person's wait as may.
    """
    await conn.execute(LOCK_OWNER, str(owner_id))
    same = await conn.fetchrow(SELECT_SAME, kind, owner_id, once)
    if same is not None:
        return Task(**dict(same))
    if await conn.fetchval(COUNT_WAITING, owner_id) >= OWNER_MAX:
        raise TooManyTasks(
            f"{OWNER_MAX} of yours wait; ask again when one is done",
            waiting_max=OWNER_MAX,
            retry_after_seconds=30,
        )
    row = await conn.fetchrow(INSERT_TASK, new_id(), kind, owner_id, once, dict(wanted), now)
    return Task(**dict(row))


async def find_task(conn: Connection, task_id: UUID, kind: str, owner_id: UUID) -> Task | None:
    """A person's own task; nothing when there is none, or it is another's."""
    row = await conn.fetchrow(SELECT_TASK, task_id, kind, owner_id)
    return Task(**dict(row)) if row else None


async def browse_tasks(
    conn: Connection, kind: str, owner_id: UUID, *, after: UUID | None, limit: int
) -> list[Task]:
    """A page of a person's tasks, the newest first."""
    rows = await conn.fetch(SELECT_PAGE, owner_id, kind, after, limit)
    return [Task(**dict(row)) for row in rows]


async def take_task(conn: Connection, kinds: Sequence[str], *, lease: timedelta) -> Task | None:
    """Take the task that has been due the longest; a worker that dies leaves it to the next."""
    row = await conn.fetchrow(TAKE_TASK, list(kinds), lease)
    return Task(**dict(row)) if row else None


async def hold_task(conn: Connection, taken: Task, lease: timedelta) -> bool:
    """Keep a task for so long from now; False when another worker has it."""
    return await conn.fetchval(HOLD_TASK, taken.id, taken.turn, lease) is not None


async def tell_progress(conn: Connection, taken: Task, done: int, total: int | None) -> bool:
    """Say how far it is; False when another worker has it."""
    return await conn.fetchval(TELL_PROGRESS, taken.id, taken.turn, done, total) is not None


async def postpone_task(
    conn: Connection, taken: Task, pause: timedelta, why: str, *, counted: bool
) -> None:
    """Have it tried again after a pause; not counted when it was nobody's fault."""
    why = why[:ERROR_CHARACTERS]
    await conn.execute(POSTPONE_TASK, taken.id, taken.turn, pause, 0 if counted else 1, why)


async def end_task(
    conn: Connection,
    taken: Task,
    result: Mapping[str, Any] | None,
    why: str | None,
    *,
    now: datetime,
    keep: timedelta,
) -> bool:
    """End it, done with a result or dead with a reason; False when another worker has it."""
    state = "DEAD" if result is None else "DONE"
    told = None if result is None else dict(result)
    why = why and why[:ERROR_CHARACTERS]
    ended = await conn.fetchval(END_TASK, taken.id, taken.turn, state, told, why, now, now + keep)
    return ended is not None


async def select_over(
    conn: Connection, kinds: Sequence[str], now: datetime, limit: int
) -> list[Task]:
    """Tasks whose results need not be kept any longer."""
    return [Task(**dict(row)) for row in await conn.fetch(SELECT_OVER, now, list(kinds), limit)]


async def select_known(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these are tasks, of any kind and state."""
    return {row["id"] for row in await conn.fetch(SELECT_KNOWN, list(ids))}


async def forget_task(conn: Connection, task_id: UUID) -> None:
    """Delete a task that has ended."""
    await conn.execute(DELETE_TASK, task_id)
