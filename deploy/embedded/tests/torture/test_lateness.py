"""What has expired may be paid from only where the ledger's clock was set back."""

from pathlib import Path
from uuid import UUID

import pytest

from embedded.torture.clocks import Clocks, Move
from embedded.torture.history import History, Operation
from embedded.torture.oracles.lateness import nothing_late_is_paid


def paid(outcome: str = "acknowledged") -> list[Operation]:
    """A reservation made from second 10 to 11, and a capture after its time, from 13 to 14."""
    history = History()
    reserved = history.begin("reserve", UUID(int=7), "/v1/reservations", {}, "a")
    late = history.begin("late capture", UUID(int=7), "/v1/reservations/r/capture", {}, "b")
    reserved.outcome, reserved.answer = "acknowledged", {"id": "r"}
    reserved.asked_at, reserved.told_at = 10.0, 11.0
    late.outcome = "acknowledged" if outcome == "acknowledged" else "refused"
    late.asked_at, late.told_at = 13.0, 14.0
    return history.operations


def test_what_is_refused_is_well() -> None:
    """And what was paid is not, when nobody moved a clock."""
    assert nothing_late_is_paid(paid("refused"), Clocks()) == []
    [found] = nothing_late_is_paid(paid(), Clocks())
    assert (found.oracle, found.subject) == ("O3", "late capture 1")


@pytest.mark.parametrize(
    ("service", "moves", "excused"),
    [
        ("ledger", [(12, -90)], True),
        ("ledger", [(12, 3600)], False),
        ("ledger", [(5, 3600), (12, 90)], True),
        ("ledger", [(5, -90)], False),
        ("ledger", [(5, -90), (12, 0)], False),
        ("ledger", [(5, -90), (10.5, 0), (12, -90)], True),
        ("ledger", [(20, -90)], False),
        ("gateway", [(12, -90)], False),
        # The file is empty while it is written: then the clock may have told the machine's time.
        ("ledger", [(5, 90), (13.5, 90)], True),
    ],
)
def test_only_a_clock_that_was_set_back_in_between_excuses_it(
    service: str, moves: list[tuple[float, int]], *, excused: bool
) -> None:
    """The ledger's, from what it was at the reservation to less at the capture."""
    clocks = Clocks(moves={service: [Move(at, at, seconds) for at, seconds in moves]})
    assert (nothing_late_is_paid(paid(), clocks) == []) == excused


def test_a_clock_that_is_moved_is_remembered(tmp_path: Path) -> None:
    """Its file says by how much, and so does its memory; mended it tells the machine's time."""
    clocks = Clocks({"ledger": tmp_path / "clock"})
    clocks.move("ledger", -90)
    assert (tmp_path / "clock").read_text() == "-90"
    [move] = clocks.moves["ledger"]
    after = move.ended_at + 1
    assert clocks.offsets("ledger", after, after) == {-90}
    assert clocks.offsets("ledger", move.began_at - 2, move.began_at - 1) == {0}
    clocks.mend()
    assert (tmp_path / "clock").read_text() == "0"
