"""A failpoint does nothing until a process in development switches it on, and then once."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from chassis import failpoints
from chassis.failpoints import FailpointReached, arm, reach


@pytest.fixture(autouse=True)
def _all_off() -> Iterator[None]:
    """Leave no point on, whatever the test did."""
    yield
    arm("", env="dev")


async def test_a_point_that_nobody_switched_on_does_nothing() -> None:
    """Neither with everything off nor beside one that is on."""
    await reach("inbox.after_effect")
    arm("relay.after_send=raise", env="dev")
    await reach("inbox.after_effect")
    assert failpoints.fired == []


async def test_a_point_raises_once_and_then_lets_pass() -> None:
    """What follows is recovery, which must not meet the same fault."""
    arm("inbox.after_effect=raise", env="dev")
    with pytest.raises(FailpointReached, match=r"inbox\.after_effect"):
        await reach("inbox.after_effect")
    await reach("inbox.after_effect")
    assert failpoints.fired == ["inbox.after_effect"]


async def test_a_point_can_wait_for_its_nth_time() -> None:
    """The second message can be meant, not the first."""
    arm("inbox.after_effect=raise@2", env="dev")
    await reach("inbox.after_effect")
    with pytest.raises(FailpointReached):
        await reach("inbox.after_effect")


async def test_a_point_can_cancel_and_stall() -> None:
    """Cancelled as a shutdown would; stalled for the seconds given."""
    arm("a.b=cancel;c.d=stall:0.05", env="dev")
    with pytest.raises(asyncio.CancelledError):
        await reach("a.b")
    started = time.monotonic()
    assert failpoints.stalled == []
    await reach("c.d")
    assert time.monotonic() - started >= 0.05
    assert failpoints.stalled == ["c.d"]


def test_a_point_can_kill_its_process() -> None:
    """With the signal that nothing can catch."""
    code = (
        "import asyncio; from chassis.failpoints import arm, reach; "
        "arm('a.b=kill', env='dev'); asyncio.run(reach('a.b'))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9


def test_no_point_can_be_switched_on_in_production() -> None:
    """Whoever asks is refused, and everything stays off."""
    with pytest.raises(ValueError, match="development"):
        arm("a.b=kill", env="prod")
    arm("", env="prod")


@pytest.mark.parametrize("text", ["x", "a.b=explode", "a.b=kill@", "a.b=stall:soon", "a.b=kill;"])
def test_what_is_no_wish_is_refused(text: str) -> None:
    """A typing error must not make a test pass that tested nothing."""
    with pytest.raises(ValueError, match="is no failpoint"):
        arm(text, env="dev")


async def test_a_point_that_is_off_costs_next_to_nothing() -> None:
    """Under a microsecond even on a busy machine: a row in the outbox costs fifty times as much."""
    times = 100_000
    fastest = 1.0
    for _ in range(5):
        started = time.process_time()
        for _ in range(times):
            await reach("inbox.after_effect")
        fastest = min(fastest, (time.process_time() - started) / times)
    assert fastest < 1e-6
