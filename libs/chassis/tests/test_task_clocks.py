"""Tasks go by the database's time: no service's clock, however wrong, takes or loses one."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from chassis import task_worker
from chassis.task_worker import Run
from libs.chassis.tests.test_tasks import Works, done, works

__all__ = ["works"]


@pytest.mark.parametrize("hours", [-1, 0, 1])
async def test_a_task_in_hand_is_not_taken_by_a_clock_that_is_wrong(
    works: Works, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """A worker an hour ahead waits like any other; the beats of one an hour behind hold it."""
    monkeypatch.setattr(task_worker, "BEAT_SECONDS", 0.01)
    ahead = timedelta(hours=hours)
    asked = await works.by(-ahead).ask()
    starts: list[str] = []

    async def twice(_run: Run) -> Mapping[str, Any]:
        starts.append("another")
        return {}

    async def long(run: Run) -> Mapping[str, Any]:
        starts.append("first")
        taken_until = run.task.due_at
        assert taken_until is not None
        assert not await works.by(ahead).do(twice)
        async with asyncio.timeout(60):
            while (await works.find(asked)).due_at == taken_until:  # noqa: ASYNC110 - a beat
                await asyncio.sleep(0.01)
        held_until = (await works.find(asked)).due_at
        assert held_until is not None
        assert taken_until < held_until <= await works.db_now() + task_worker.LEASE
        assert not await works.by(ahead).do(twice)
        return {"n": 1}

    assert await works.by(-ahead).do(long)
    found = await works.find(asked)
    assert (starts, found.state, found.turn) == (["first"], "DONE", 1)


@pytest.mark.parametrize("hours", [-1, 1])
async def test_when_it_is_due_no_service_s_clock_decides(works: Works, hours: int) -> None:
    """What one an hour ahead or behind asked for or put off is done by the others in its time."""
    wrong = works.by(timedelta(hours=hours))
    asked = await wrong.ask()

    async def fails(_run: Run) -> Mapping[str, Any]:
        raise ZeroDivisionError

    assert await wrong.do(fails)
    await works.pass_time(timedelta(seconds=-3600))
    assert not await works.do(done)
    await works.pass_time(timedelta(seconds=3602))
    assert await works.do(done)
    assert (await works.find(asked)).state == "DONE"
