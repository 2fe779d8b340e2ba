"""What a run tells."""

from pathlib import Path
from typing import Any

import pytest

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


@pytest.mark.parametrize(("out", "where"), [(None, "--out FILE"), (Path("run.json"), "run.json")])
def test_a_run_without_a_violation_tells_what_was_broken(out: Path | None, where: str) -> None:
    """By kind and target, and where each single fault is to be found."""
    faults = [fault(1, "kill", "kafka"), fault(2, "kill", "kafka"), fault(3, "stop", "s3")]
    report = Report(draw_plan(1, 60, KINDS), "again", faults=faults, out=out)
    told = "\n".join(report.lines())
    assert "kill     kafka 2" in told
    assert "stop     s3 1" in told
    assert "fault log: 3 lines, " in told
    assert where in told
    assert "process 7" not in told
    report.violations = [Violation("O1", "entries", "add up to 1")]
    assert "1.00 s kill kafka SIGKILL: process 7" in "\n".join(report.lines())
