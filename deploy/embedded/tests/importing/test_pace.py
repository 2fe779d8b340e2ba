"""An import keeps in step with search, and does not wait for one that is in trouble."""

import asyncio

import pytest

from embedded.importing import pace
from embedded.importing.pace import Pace


class Search:
    """Created and found rows, as a test moves them."""

    def __init__(self, created: int, found: list[int | None]) -> None:
        self.created = created
        self._found = found
        self.looks = 0

    async def find(self) -> int | None:
        """What is found at the next look; the last one stays."""
        self.looks += 1
        return self._found.pop(0) if len(self._found) > 1 else self._found[0]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(pace, "PATIENCE_SECONDS", 0.02)


async def test_it_goes_on_while_search_is_near() -> None:
    """Nobody is asked."""
    search = Search(100, [0])
    await Pace(lambda: search.created, search.find, ahead_max=100).wait()
    assert search.looks == 0


async def test_it_waits_until_search_has_come_nearer() -> None:
    """And asks no more often than it must."""
    search = Search(101, [0, 0, 1])
    await Pace(lambda: search.created, search.find, ahead_max=100).wait()
    assert search.looks == 3


@pytest.mark.parametrize("found", [[None], [0]], ids=["away", "standing still"])
async def test_it_does_not_wait_for_search_in_trouble(found: list[int | None]) -> None:
    """Once let go, it stays so: the rest is sent as fast as it can be."""
    search = Search(1_000, found)
    kept = Pace(lambda: search.created, search.find, ahead_max=100)
    await asyncio.wait_for(kept.wait(), 2)
    looks = search.looks
    search.created = 100_000
    await kept.wait()
    assert search.looks == looks


async def test_several_senders_share_one_look() -> None:
    """Those who wait ask one after the other, and what one learnt counts for all."""
    search = Search(150, [0, 60])
    kept = Pace(lambda: search.created, search.find, ahead_max=100)
    await asyncio.gather(*(kept.wait() for _ in range(4)))
    assert search.looks == 2
