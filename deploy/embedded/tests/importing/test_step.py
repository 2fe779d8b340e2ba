"""An import is found soon after its last row, however fast search is. Time is virtual."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from embedded.importing.pace import BEST_SECONDS, RATE_SECONDS, Pace, Rate
from embedded.importing.progress import Progress
from embedded.importing.upload import upload_rows
from embedded.simulation.loop import VirtualLoop
from localex_client import LocalEx
from localex_client.market_models import ImportResult

ROWS = 15_000
BATCH = 250
REFRESH_TICKS = 5
TICK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Machine:
    """How fast it stores and indexes rows, and how long a row is on its way to search."""

    stored_per_second: float
    found_per_second: float
    way_seconds: float = 0.0
    new: bool = True


class Shop:
    """A gateway that stores rows one request after another, and a search that finds them."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._desk = asyncio.Lock()
        self._indexed = 0.0
        self._history = [0]
        self.created = self.visible = 0
        self.caught_up = asyncio.Event()

    async def import_items(self, rows: list[dict[str, Any]]) -> ImportResult:
        """All rows are new, or none is."""
        count, new = len(rows), self._machine.new
        async with self._desk:
            await asyncio.sleep(count / self._machine.stored_per_second)
        self.created += count if new else 0
        return ImportResult(
            created=count if new else 0,
            updated=0,
            unchanged=0 if new else count,
            refused=0,
            rows=[],
        )

    async def index(self) -> None:
        """Take in what has arrived; it is seen at the next refresh."""
        way = round(self._machine.way_seconds / TICK_SECONDS)
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._history.append(self.created)
            arrived = self._history[max(0, len(self._history) - 1 - way)]
            more = self._machine.found_per_second * TICK_SECONDS
            self._indexed = min(arrived, self._indexed + more)
            if len(self._history) % REFRESH_TICKS == 0:
                self.visible = int(self._indexed)
            if self.visible == ROWS:
                self.caught_up.set()

    async def look(self) -> int:
        """What is found now."""
        await asyncio.sleep(TICK_SECONDS / 2)
        return self.visible


async def _import(machine: Machine, folder: Path) -> tuple[float, float]:
    loop = asyncio.get_running_loop()
    shop, progress = Shop(machine), Progress(folder / "progress")
    indexing = asyncio.create_task(shop.index())
    pace = Pace(lambda: progress.tally.created, shop.look)
    rows = [(number, {"external_ref": str(number)}) for number in range(ROWS)]
    client = cast("LocalEx", shop)
    await upload_rows(client, rows, progress, pace, batch_max=BATCH, advance=lambda _: None)
    stored_at = loop.time()
    if machine.new:
        await shop.caught_up.wait()
    indexing.cancel()
    return stored_at, loop.time() - stored_at


def imported(machine: Machine, folder: Path) -> tuple[float, float]:
    """Import everything; seconds until the last row is stored, and from then until all is found."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(_import(machine, folder))


@pytest.mark.parametrize("stored", [500, 1_000, 2_000, 5_000])
@pytest.mark.parametrize("found", [700, 1_200, 2_500, 6_000])
@pytest.mark.parametrize("way", [0.0, 0.5])
def test_all_is_found_two_seconds_after_the_last_row(
    stored: float, found: float, way: float, tmp_path: Path
) -> None:
    """And being held back costs little of what the slower of the two takes by itself."""
    took, rest = imported(Machine(stored, found, way), tmp_path)
    assert rest < 2
    assert took < 1.25 * ROWS / min(stored, found) + 2


def test_a_repeat_waits_for_nobody(tmp_path: Path) -> None:
    """Nothing new is stored, so nothing has to be found."""
    took, _ = imported(Machine(5_000, 400, new=False), tmp_path)
    assert took == pytest.approx(ROWS / 5_000)


async def test_who_had_to_wait_sends_alone() -> None:
    """The others follow one by one as each is answered; without waiting they go together."""
    created, found, sending, most = 0, 0, 0, 0

    async def look() -> int:
        nonlocal found
        found += 1
        return found

    async def send(pace: Pace) -> None:
        nonlocal created, sending, most
        async with pace.turn():
            sending += 1
            most = max(most, sending)
            await asyncio.sleep(0.001)
            sending -= 1
            created += 100

    pace = Pace(lambda: created, look, ahead_max=100)
    await asyncio.gather(*(send(pace) for _ in range(4)))
    assert (most, found) == (4, 0)
    most = 0
    await asyncio.gather(*(send(pace) for _ in range(4)))
    assert most == 1
    assert created - found == 200


def test_the_rate_is_the_best_of_the_last_seconds() -> None:
    """A burst is spread over two seconds; what fell behind is forgotten after eight."""
    rate = Rate(100.0)
    assert rate.per_second == 0
    rate.note(100.1, 1_000)
    assert rate.per_second == 1_000 / RATE_SECONDS
    rate.note(102.1, 3_000)
    assert rate.per_second == pytest.approx(1_000)
    rate.note(104.1, 3_100)
    assert rate.per_second == pytest.approx(1_000)
    rate.note(102.1 + BEST_SECONDS + 0.1, 3_200)
    assert rate.per_second < 100
