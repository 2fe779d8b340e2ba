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
from tests.faults.books import examine_books
from tests.faults.lane import FORKS, Ended, Lane
from tests.faults.points import POINTS, points_of
from tests.faults.subject import UNMET
from tests.stack.backend import Backend
from tests.stack.database import PostgresServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900, func_only=False)]

LANES = 6
type Cell = tuple[str, str]
CELLS: list[Cell] = list(itertools.product(POINTS, ACTIONS))
#: Stories told all along these points, with a kill at each passing, and what the kills have to
#: meet; the matrix meets the first passing only. After a kill its act is done again, and killed at
#: the next passing; a timer's is killed at each point in turn, until it is over.
ALONG = {
    "trades": (
        [f"trades.after_{what}" for what in ("stock", "row", "history", "timer")],
        2,
        {
            *("accept", "fund", "hand-over", "confirm", "pay", "dispute", "rule-split"),
            *("compensate", "repay", "expire"),
        },
    ),
    "escrow": (
        [f"escrow.after_{what}" for what in ("locks", "money", "rows")],
        2,
        {"FundEscrow", "ReleaseEscrow", "SplitEscrow", "RefundEscrow"},
    ),
    "inbox": (
        [
            *("inbox.after_effect", "inbox.before_offset", "inbox.after_insert"),
            *("inbox.after_commit", "inbox.before_insert"),
        ],
        2,
        # What has no second chance is left out: a batch that comes again may hide it.
        {"FundEscrow", "RefundEscrow", "EscrowFunded", "EscrowRefunded"},
    ),
    "timers": (
        [f"timers.after_{what}" for what in ("take", "delete", "effect", "commit")],
        1,
        {"ledger", "marketplace"},
    ),
}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where processes write down what they were answered."""
    made = Path(tempfile.mkdtemp(prefix="localex-faults-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True)
class Matrix:
    """How every cell ended, what the lanes' topics showed, and two cells that must fail."""

    ended: dict[Cell, Ended]
    along: dict[str, Ended]
    topics: dict[str, list[str]]
    books: dict[str, list[str]]
    spoiled: Ended
    unmet: Ended


def _asked_for(request: pytest.FixtureRequest) -> tuple[list[Cell], list[str]]:
    """The cells and stories of the tests that were selected, such as by `-k relay`."""
    ids = {item.name for item in request.session.items}
    cells = [cell for cell in CELLS if any(one.endswith(f"[{'-'.join(cell)}]") for one in ids)]
    return cells, [name for name in ALONG if any(one.endswith(f"[{name}]") for one in ids)]


@pytest.fixture(scope="module")
async def matrix(
    request: pytest.FixtureRequest, postgres: PostgresServer, kafka: Backend, folder: Path
) -> AsyncIterator[Matrix]:
    """Every cell that was asked for: lanes side by side, because most of the time is waiting."""
    FORKS.set_forkserver_preload(["tests.faults.story"])
    ended: dict[Cell, Ended] = {}
    along: dict[str, Ended] = {}
    cells, names = _asked_for(request)
    waiting = iter(enumerate(cells, 1))
    async with AsyncExitStack() as stack:
        lanes = []
        for number in range(LANES + len(names)):
            scratch = await stack.enter_async_context(postgres.scratch())
            servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
            lane = Lane(f"lane{number}", scratch, servers, folder)
            await lane.open()
            stack.push_async_callback(lane.admin.close)
            lanes.append(lane)

        async def work(lane: Lane) -> None:
            for cell, (point, action) in waiting:
                ended[point, action] = await lane.try_cell(cell, point, action)

        async def go_along(lane: Lane, name: str) -> None:
            points, nth, _ = ALONG[name]
            cell = len(CELLS) + 10 + list(ALONG).index(name)
            along[name] = await lane.kill_all_along(cell, points, nth)

        await asyncio.gather(
            *(work(lane) for lane in lanes[:LANES]), *map(go_along, lanes[LANES:], names)
        )
        topics = {lane.name: await lane.examine_topics() for lane in lanes}
        books = {
            lane.name: await examine_books(lane.scratch, lane.admin) for lane in lanes if lane.tried
        }
        spoiled, unmet = await asyncio.gather(
            lanes[0].try_cell(
                len(CELLS) + 1, "journal.after_commit", "kill", bug="answer-not-stored"
            ),
            lanes[1].try_cell(len(CELLS) + 2, "nowhere.at_all", "raise"),
        )
        yield Matrix(ended, along, topics, books, spoiled, unmet)


@pytest.mark.parametrize(("point", "action"), CELLS, ids=["-".join(cell) for cell in CELLS])
def test_whatever_happens_there_all_is_done_once(matrix: Matrix, point: str, action: str) -> None:
    """Not done, or done and answerable: the second telling changes nothing and hears the same."""
    assert matrix.ended[point, action].faults == ()


@pytest.mark.parametrize("name", ALONG)
def test_whatever_is_killed_at_each_passing_all_is_done_once(matrix: Matrix, name: str) -> None:
    """Each process comes one act further than the one before, and no act was missed or doubled."""
    ended = matrix.along[name]
    points, _, acts = ALONG[name]
    assert ended.faults == ()
    assert {act for _, act in ended.met} >= acts, ended.met
    assert {point for point, _ in ended.met} == set(points)


def test_every_event_arrived_in_order_and_was_handled_once(matrix: Matrix) -> None:
    """Over all cells of a lane: outbox = topics = inboxes, in order by key; poison is buried."""
    assert {name: faults for name, faults in matrix.topics.items() if faults} == {}


def test_the_books_of_all_cells_are_right(matrix: Matrix) -> None:
    """Sums, chains, floors, the logs with their signatures, trades against escrows: all rows."""
    assert {name: faults for name, faults in matrix.books.items() if faults} == {}
    assert matrix.books


def test_the_matrix_can_fail(matrix: Matrix) -> None:
    """Where answers are not stored, a client who got none is served twice: the matrix sees it."""
    assert any(fault.startswith("transfers: ") for fault in matrix.spoiled.faults)


def test_a_cell_whose_point_was_not_reached_fails(matrix: Matrix) -> None:
    """All was done once there, too: but nothing had happened on the way."""
    assert matrix.unmet.faults == (f"processes ended with [{UNMET}], not [0]",)


def test_the_matrix_knows_every_failpoint() -> None:
    """They are read from the code, in every part that the promise is about."""
    parts = {point.partition(".")[0] for point in POINTS}
    assert parts >= {"outbox", "relay", "inbox", "timers", "idempotency", "journal", "trades"}
    assert points_of({"a.py": 'await reach("a.b")\nawait reach("a.b")\nreach(x)'}) == ["a.b"]
