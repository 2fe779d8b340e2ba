"""Each failpoint x kill -9, raise, cancel and stall, on the real Postgres and Kafka.

A client tells a story with fixed keys; its process meets the fault and, where it died of it,
another one tells the story again. Then everything was done exactly once, whoever asks gets the same
bytes, and every event arrived and was handled.
"""

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from chassis.failpoints import ACTIONS
from tests.faults.lane import FORKS, Ended, Lane
from tests.faults.points import POINTS, points_of
from tests.stack.backend import Backend
from tests.stack.database import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900, func_only=False)]

LANES = 6
type Cell = tuple[str, str]
CELLS: list[Cell] = list(itertools.product(POINTS, ACTIONS))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where processes write down what they were answered."""
    made = Path(tempfile.mkdtemp(prefix="localex-faults-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True)
class Matrix:
    """How every cell ended, what the lanes' topics showed, and a cell with a planted bug."""

    ended: dict[Cell, Ended]
    topics: dict[str, list[str]]
    spoiled: Ended


def _asked_for(request: pytest.FixtureRequest) -> list[Cell]:
    """The cells of the tests that were selected, such as by `-k relay`."""
    ids = {getattr(item, "callspec", None) and item.name for item in request.session.items}
    return [cell for cell in CELLS if any(str(one).endswith(f"[{'-'.join(cell)}]") for one in ids)]


@pytest.fixture(scope="module")
async def matrix(
    request: pytest.FixtureRequest, postgres: PostgresServer, kafka: Backend, folder: Path
) -> AsyncIterator[Matrix]:
    """Every cell that was asked for: lanes side by side, because most of the time is waiting."""
    FORKS.set_forkserver_preload(["tests.faults.story"])
    ended: dict[Cell, Ended] = {}
    waiting = iter(enumerate(_asked_for(request), 1))
    async with AsyncExitStack() as stack:
        lanes = []
        for number in range(LANES):
            scratch = await stack.enter_async_context(postgres.scratch())
            servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
            lane = Lane(f"lane{number}", scratch, servers, folder)
            await lane.open()
            stack.push_async_callback(lane.admin.close)
            lanes.append(lane)

        async def work(lane: Lane) -> None:
            for cell, (point, action) in waiting:
                ended[point, action] = await lane.try_cell(cell, point, action)

        await asyncio.gather(*(work(lane) for lane in lanes))
        topics = {lane.name: await lane.examine_topics() for lane in lanes}
        spoiled = await lanes[0].try_cell(
            len(CELLS) + 1, "journal.after_commit", "kill", bug="answer-not-stored"
        )
        yield Matrix(ended, topics, spoiled)


@pytest.mark.parametrize(("point", "action"), CELLS, ids=["-".join(cell) for cell in CELLS])
def test_whatever_happens_there_all_is_done_once(matrix: Matrix, point: str, action: str) -> None:
    """Not done, or done and answerable: the second telling changes nothing and hears the same."""
    assert matrix.ended[point, action].faults == ()


def test_every_event_arrived_in_order_and_was_handled_once(matrix: Matrix) -> None:
    """Over all cells of a lane: outbox = topics = inboxes, in order by key; poison is buried."""
    assert {name: faults for name, faults in matrix.topics.items() if faults} == {}


def test_the_matrix_can_fail(matrix: Matrix) -> None:
    """Where answers are not stored, a client who got none is served twice: the matrix sees it."""
    assert any(fault.startswith("transfers: ") for fault in matrix.spoiled.faults)


def test_the_matrix_knows_every_failpoint() -> None:
    """They are read from the code, in every part that the promise is about."""
    parts = {point.partition(".")[0] for point in POINTS}
    assert parts >= {"outbox", "relay", "inbox", "timers", "idempotency", "journal", "trades"}
    assert points_of({"a.py": 'await reach("a.b")\nawait reach("a.b")\nreach(x)'}) == ["a.b"]
