"""Doing tasks: one at a time in a process, kept by a heartbeat, settled once."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from chassis.database import Connection, is_transient
from chassis.files import Files
from chassis.logs import get_logger
from chassis.problems import Problem, Transient
from chassis.resources import Job, Resources
from chassis.stray_files import Sweep
from chassis.tasks import (
    Task,
    end_task,
    forget_task,
    hold_task,
    postpone_task,
    select_over,
    take_task,
    tell_progress,
)

log = get_logger(__name__)

POLL_SECONDS: Final = 0.5
LEASE: Final = timedelta(seconds=60)
BEAT_SECONDS: Final = 15.0
TRIES_MAX: Final = 6
#: How long a task may take in all.
TASK_SECONDS: Final = 1800.0
IN_ONE_GO: Final = 20
_PAUSE_MAX: Final = 300


class TaskLost(Exception):
    """Another worker has the task: whoever finds out stops, and settles nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """A task in a worker's hands."""

    resources: Resources
    task: Task

    async def progress(self, done: int, total: int | None = None) -> None:
        """Say how far it is.

        Raises:
            TaskLost: Another worker has it.
        """
        async with self.resources.database.transaction() as conn:
            if not await tell_progress(conn, self.task, done, total):
                raise TaskLost


#: Does the work, and says what came of it as JSON; `path` in it names a file in object storage.
#: Done again from any point it must come to the same.
type TaskHandler = Callable[[Run], Awaitable[Mapping[str, Any]]]


#: Told in the transaction in which a task ends, with its result (nothing for one that was given up)
#: and the time.
type TaskSettler = Callable[[Connection, Task, Mapping[str, Any] | None, datetime], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TaskKind:
    """A kind of task: who does it, for how long its result is kept, and who is told of its end."""

    handler: TaskHandler
    keep: timedelta
    settle: TaskSettler | None = None


def task_jobs(kinds: Mapping[str, TaskKind]) -> tuple[Job, ...]:
    """What the work role does for these kinds, again and again."""

    async def work(resources: Resources) -> None:
        for _ in range(IN_ONE_GO):
            if not await do_task(resources, kinds):
                return

    async def forget(resources: Resources) -> None:
        await forget_over(resources, kinds)

    sweep = Sweep()

    async def tidy(resources: Resources) -> None:
        await sweep.sweep_page(resources, machine_now=datetime.now(UTC))

    return (
        Job("tasks", POLL_SECONDS, work),
        Job("tasks_over", 60, forget),
        Job("tasks_strays", 600, tidy),
    )


async def do_task(resources: Resources, kinds: Mapping[str, TaskKind]) -> bool:
    """Take the task that has been due the longest, and do it.

    Args:
        resources: With database and clock.
        kinds: What this service does.

    Returns:
        Whether there was one.
    """
    database, clock = resources.database, resources.clock
    async with database.transaction() as conn:
        taken = await take_task(conn, list(kinds), lease=LEASE)
    if taken is None:
        return False
    kind = kinds[taken.kind]
    result: Mapping[str, Any] | None = None
    why: str | None = None
    try:
        if taken.attempts > TRIES_MAX:
            # Whoever had it died each time.
            why = taken.last_error or f"given up after {TRIES_MAX} tries"
        else:
            result = await _do(kind, Run(resources, taken))
    except TaskLost:
        log.warning("tasks.lost", kind=taken.kind, task_id=str(taken.id))
        return True
    except Problem as problem:
        why = f"{problem.slug()}: {problem.detail}"
    except Exception as error:  # noqa: BLE001 - whatever one raises, the next ones are done
        if await _postpone(resources, taken, error):
            return True
        why = repr(error)
    async with database.transaction() as conn:
        now = clock.now()
        ended = await end_task(conn, taken, result, why, now=now, keep=kind.keep)
        if ended and kind.settle is not None:
            await kind.settle(conn, taken, result, now)
    log.info(
        "tasks.ended" if ended else "tasks.lost",
        kind=taken.kind,
        task_id=str(taken.id),
        why=why,
    )
    return True


async def _do(kind: TaskKind, run: Run) -> Mapping[str, Any]:
    """Do it, with a heartbeat beside it that breaks it off when another worker has it."""
    async with asyncio.timeout(TASK_SECONDS):
        working = asyncio.ensure_future(kind.handler(run))
        beating = asyncio.create_task(_beat(run))
        try:
            await asyncio.wait({working, beating}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise TaskLost
            return await working
        finally:
            for one in (working, beating):
                one.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await one


async def _beat(run: Run) -> None:
    """Keep the lease; returns when it is lost."""
    resources = run.resources
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        try:
            async with resources.database.transaction() as conn:
                if not await hold_task(conn, run.task, LEASE):
                    return
        except Exception as error:
            # The lease holds for some beats: the database may be back by then.
            if not is_transient(error):
                raise


async def _postpone(resources: Resources, taken: Task, error: Exception) -> bool:
    """Have a failed task tried again, unless it has been tried often enough."""
    away = isinstance(error, Transient) or is_transient(error)
    if taken.attempts >= TRIES_MAX and not away:
        return False
    seconds = min(2**taken.attempts, _PAUSE_MAX)
    if not away:
        log.error("tasks.failed", kind=taken.kind, task_id=str(taken.id), exc_info=error)
    async with resources.database.transaction() as conn:
        pause = timedelta(seconds=seconds)
        await postpone_task(conn, taken, pause, repr(error), counted=not away)
    return True


async def forget_over(resources: Resources, kinds: Mapping[str, TaskKind]) -> int:
    """Remove results whose time is over, the file first: a row without one is tried again.

    Args:
        resources: With database, clock, and the files.
        kinds: What this service does.

    Returns:
        How many.
    """
    files: Files | None = resources.extra.get("files")
    async with resources.database.connection() as conn:
        over = await select_over(conn, list(kinds), resources.clock.now(), 100)
    for task in over:
        path = (task.result or {}).get("path")
        if path is not None:
            if files is None:
                continue
            await files.remove(path)
        async with resources.database.transaction() as conn:
            await forget_task(conn, task.id)
    return len(over)
