"""The commands that play a client, on the running system."""

import os
from pathlib import Path

import pytest

from embedded.cli import make_app
from tests.stack.needs import GROCERIES, needs_groceries
from tests.stack.plugin import System


@pytest.fixture(autouse=True)
def operator(system: System, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The operator's log-in, as a person would set it; reports go to a folder of the test's own."""
    email, password = system.operator
    monkeypatch.setenv("GATEWAY_BOOTSTRAP_OPERATOR_EMAIL", email)
    monkeypatch.setenv("GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD", password)
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> None:
    """Run `localex` in this process, as if from a shell."""
    make_app()(list(words), result_action="return_value")


def test_the_demo_plays_and_its_figures_are_right(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    """It fails by itself when one is not; the last line says that none was wrong."""
    run("demo", "--url", system.gateway)
    assert "Every figure is right" in capsys.readouterr().out


def test_an_import_tells_each_refused_row_and_a_repeat_changes_nothing(
    system: System, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One row is refused here, one by the marketplace; both are in the report."""
    file = tmp_path / f"shop{os.getpid()}.csv"
    file.write_text("sku,title,price\n1,Teapot,12.50\n2,,1\n3,Tray,0\n4,Cup,3\n")
    for outcome in ("2 created, 0 updated, 0 unchanged", "0 created, 0 updated, 2 unchanged"):
        run("import", "items", str(file), "--url", system.gateway)
        told = " ".join(capsys.readouterr().out.split())
        assert f"{outcome}, 2 refused" in told
        report = (tmp_path / f"{file.stem}-import.csv").read_text().splitlines()
        assert [line.split(",")[0] for line in report[1:]] == ["3", "4"]


@pytest.mark.slow
@needs_groceries
def test_the_real_catalogue_loads_and_a_repeat_changes_nothing(
    system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    """15,000 messy rows: one has no title, all others are listings that search finds."""
    run("import", "items", str(GROCERIES), "--url", system.gateway)
    first = " ".join(capsys.readouterr().out.split())
    assert "14999 created, 0 updated, 0 unchanged, 1 refused" in first
    assert "Search finds the 14999 new ones" in first
    run("import", "items", str(GROCERIES), "--url", system.gateway)
    assert "0 created, 0 updated, 14999 unchanged, 1 refused" in capsys.readouterr().out
