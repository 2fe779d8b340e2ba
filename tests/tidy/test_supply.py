"""The bill of materials is whole, and a known hole fails the gate."""

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scripts import pins, supply
from tests.tidy import tree

TODAY = date(2026, 12, 1)
HOLE = {"id": "PYSEC-2026-1", "aliases": ["GHSA-xxxx"], "fix_versions": ["2.0"]}
CLEAN = {"name": "b", "version": "1.0", "vulns": []}
SKIPPED = {"name": "c", "skip_reason": "not found"}


def report(*packages: dict[str, Any]) -> dict[str, Any]:
    """A report as pip-audit writes it."""
    return {"dependencies": list(packages), "fixes": []}


def holed() -> dict[str, Any]:
    """A package with a known hole."""
    return {"name": "a", "version": "1.0", "vulns": [HOLE]}


def test_the_bill_lists_every_pin() -> None:
    """Packages and artifacts of the servers, with versions and digests, and no address."""
    text = supply.bill_of(tree.text_of(supply.PINS), json.loads(tree.text_of(supply.SERVERS)))
    bill = json.loads(text)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    listed = {part["purl"] for part in bill["components"]}
    pinned = pins.parse_export(tree.text_of(supply.PINS))
    assert {f"pkg:pypi/{name}@{version}" for name, (version, _) in pinned.items()} <= listed
    kafka = [part for part in bill["components"] if part["purl"].startswith("pkg:maven/")]
    assert kafka
    assert all(len(part["hashes"][0]["content"]) == 64 for part in kafka)
    assert not re.search(r"https?://(?!cyclonedx\.org|\S*schema)", text)


def test_a_finding_fails_the_gate() -> None:
    """By package, id and the version that mends it."""
    [found] = supply.faults(report(holed(), CLEAN), "", TODAY)
    assert ("a 1.0" in found, "PYSEC-2026-1" in found, "2.0" in found) == (True, True, True)
    assert supply.faults(report(CLEAN), "", TODAY) == []


@pytest.mark.parametrize("name", ["PYSEC-2026-1", "GHSA-xxxx"])
def test_a_finding_is_allowed_until_its_day(name: str) -> None:
    """With a reason; on the day after the gate fails again."""
    line = f"# why\n\n{name} 2026-12-01 only in a tool that nobody runs\n"
    assert supply.faults(report(holed()), line, TODAY) == []
    assert supply.faults(report(holed()), line, date(2026, 12, 2)) != []


@pytest.mark.parametrize(
    "line", ["PYSEC-2026-1", "PYSEC-2026-1 2026-12-31", "PYSEC-2026-1 soon it is not used here"]
)
def test_nothing_is_allowed_without_day_and_reason(line: str) -> None:
    """The line is named, and allows nothing."""
    assert len(supply.faults(report(holed()), line, TODAY)) == 2


def test_a_package_that_was_passed_over_fails_the_gate() -> None:
    """Where others were examined, one that was not is no clean one."""
    [found] = supply.faults(report(CLEAN, SKIPPED), "", TODAY)
    assert "c was not examined" in found


def test_only_silence_is_passed_over() -> None:
    """No connection, or a mirror that knows no advisories; anything else fails."""
    assert supply.report_of("", "requests.exceptions.ConnectionError: Max retries exceeded") is None
    assert supply.is_away(supply.report_of("", "ERROR: Could not connect to the feed"))
    assert supply.is_away(report(SKIPPED))
    assert not supply.is_away(report(SKIPPED, CLEAN))
    for errors in ("", "Traceback: KeyError", "ServiceError 500"):
        with pytest.raises(supply.AuditFailed):
            supply.report_of("", errors)


def test_the_gate_asks_first_for_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nobody answers one pin is asked for, and a line is printed that nobody overlooks."""
    asked: list[str] = []

    def ask(text: str) -> Any:
        asked.append(text)
        return report(SKIPPED)

    monkeypatch.setattr(supply, "ask", ask)
    assert supply.audit(supply.ROOT) == 0
    assert [len(pins.parse_export(text)) for text in asked] == [1]
    assert "NOT DONE" in capsys.readouterr().out


@pytest.mark.parametrize(("answer", "code"), [(holed(), 1), (CLEAN, 0)])
def test_the_gate_asks_for_all(
    monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], code: int
) -> None:
    """Every pin that is installed from; a hole ends in the code that stops CI."""
    asked: list[str] = []

    def ask(text: str) -> Any:
        asked.append(text)
        return report(answer)

    monkeypatch.setattr(supply, "ask", ask)
    assert supply.audit(supply.ROOT) == code
    assert asked[-1] == tree.text_of(supply.PINS)


def test_ci_asks_for_known_holes() -> None:
    """`make check`, which is what CI runs, has it among the gates; the bill stays out of git."""
    makefile = tree.text_of("Makefile")
    assert re.search(r"^check: .*\baudit\b.*\btest ##", makefile, re.MULTILINE)
    assert Path(supply.BILL).parts[0] + "/" in tree.text_of(".gitignore").splitlines()
