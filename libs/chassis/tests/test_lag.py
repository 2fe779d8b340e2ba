"""Lag is told; a consumer that stands still with work before it is found out."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from chassis import lag
from chassis.lag import LagWatch


class StandingConsumer:
    """Stands for a Kafka consumer at positions that the test sets."""

    def __init__(self, positions: dict[str, int], highwater: int = 10) -> None:
        """Partitions and where each stands."""
        self.positions = positions
        self._highwater = highwater

    def assignment(self) -> set[str]:
        """The partitions."""
        return set(self.positions)

    async def end_offsets(self, partitions: list[str]) -> dict[str, int]:
        """How far the broker is."""
        return dict.fromkeys(partitions, self._highwater)

    async def position(self, partition: str) -> int:
        """How far we are."""
        return self.positions[partition]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag, "WATCH_SECONDS", 0.01)
    monkeypatch.setattr(lag, "STALLED_SECONDS", 0.1)


async def watch(consumer: Any, *, seconds: float = 0.4) -> tuple[str | None, LagWatch]:
    """Watch for a while."""
    watching = LagWatch([("probe.group", consumer)])
    stop = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, stop.set)
    return await watching.until_stalled(stop), watching


async def test_standing_still_with_work_before_it_is_a_stall() -> None:
    """Three of ten messages are read, and nothing moves."""
    stalled, watching = await watch(StandingConsumer({"p0": 3}))
    assert stalled == "probe.group"
    assert watching.lag == {"probe.group": 7}


async def test_having_no_partition_is_a_stall() -> None:
    """A member that was forgotten by its group would wait for ever."""
    stalled, watching = await watch(StandingConsumer({}))
    assert stalled == "probe.group"
    assert not watching.assigned()


@pytest.mark.parametrize("error", [KafkaError("dead"), TimeoutError()])
async def test_not_knowing_where_one_stands_is_a_stall(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consumer whose coordinator has given up answers nothing any more."""
    consumer = StandingConsumer({"p0": 10})

    async def position(_partition: str) -> int:
        raise error

    monkeypatch.setattr(consumer, "position", position)
    assert (await watch(consumer))[0] == "probe.group"


async def test_a_moment_without_an_answer_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker was away, and is back."""
    consumer = StandingConsumer({"p0": 10})
    tries = 0

    async def end_offsets(partitions: list[str]) -> dict[str, int]:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise TimeoutError
        return dict.fromkeys(partitions, 10)

    monkeypatch.setattr(consumer, "end_offsets", end_offsets)
    assert (await watch(consumer))[0] is None


async def test_being_up_to_date_is_none() -> None:
    """An idle topic is no reason to do anything."""
    stalled, watching = await watch(StandingConsumer({"p0": 10}))
    assert stalled is None
    assert watching.assigned()


async def test_moving_is_none() -> None:
    """Behind, but going on."""
    consumer = StandingConsumer({"p0": 0}, highwater=10**9)

    async def move() -> None:
        while True:
            consumer.positions["p0"] += 1
            await asyncio.sleep(0.02)

    moving = asyncio.create_task(move())
    stalled, _ = await watch(consumer)
    moving.cancel()
    assert stalled is None
