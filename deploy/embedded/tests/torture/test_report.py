"""What a run tells."""

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

from embedded.commands import torture as command
from embedded.torture.oracles.findings import Violation
from embedded.torture.plan import KINDS, draw_plan
from embedded.torture.report import Report


def fault(at_seconds: float, kind: str, target: str) -> dict[str, Any]:
    """One that happened."""
    return {
        "at_seconds": at_seconds,
        "kind": kind,
        "target": target,
        "way": "SIGKILL",
        "detail": "process 7",
    }


FAULTS = [fault(1, "kill", "kafka"), fault(2, "kill", "kafka"), fault(3, "stop", "s3")]


def test_a_run_without_a_violation_tells_what_was_broken() -> None:
    """By kind and target, and in which file each single fault is; with a violation, each here."""
    report = Report(draw_plan(1, 60, KINDS), "again", faults=FAULTS, out=Path("run.json"))
    told = "\n".join(report.lines())
    assert "kill     kafka 2" in told
    assert "stop     s3 1" in told
    assert "fault log: 3 lines, in run.json" in told
    assert "process 7" not in told
    report.violations = [Violation("O1", "entries", "add up to 1")]
    assert "1.00 s kill kafka SIGKILL: process 7" in "\n".join(report.lines())


def test_a_log_that_no_file_has_is_told_whole() -> None:
    """Each fault with its time, whatever came of the run."""
    told = Report(draw_plan(1, 60, KINDS), "again", faults=FAULTS).lines()
    at = [line.partition(" s ")[0] for line in told if line.endswith("process 7")]
    assert at == ["1.00", "2.00", "3.00"]


@pytest.mark.parametrize("ended", [None, KeyboardInterrupt, OSError])
def test_the_log_is_always_kept(
    ended: type[BaseException] | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nobody asked for a file: there is one, and it is named, also when the run was broken off."""

    def run(report: Report, *_: Any, **_options: Any) -> None:
        report.faults = FAULTS
        if ended:
            raise ended

    monkeypatch.setattr(command, "_run", run)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises((SystemExit, OSError, KeyboardInterrupt)):
        command.torture(seed=5, minutes=1, faults="kill")
    [file] = tmp_path.glob("*/seed-5.json")
    assert str(file) in capsys.readouterr().err
    log = json.loads(file.read_text(encoding="utf-8"))["fault_log"]
    assert log[0] == "1.00 s kill kafka SIGKILL: process 7"
