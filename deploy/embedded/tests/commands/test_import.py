"""`localex import items`, killed on its way and told to go on; how much memory the whole takes."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bench.system.catalogue import count_explained, run_import
from tests.stack.plugin import System

from .localex import LOCALEX, localex

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROWS = 1_500
BATCH = 5


def imports(system: System, file: Path, *words: str) -> list[str]:
    """The command on a file, in small batches."""
    command = [LOCALEX, "import", "items", file.name, "--batch", str(BATCH)]
    return [*command, "--url", system.gateway, *words]


def environment_of(system: System) -> dict[str, str]:
    """With the operator's log-in, as a person would set it."""
    email, password = system.operator
    named = ("GATEWAY_BOOTSTRAP_OPERATOR_EMAIL", "GATEWAY_BOOTSTRAP_OPERATOR_PASSWORD")
    return os.environ | dict(zip(named, (email, password), strict=True))


def test_an_import_that_was_killed_goes_on(system: System, tmp_path: Path) -> None:
    """What was answered is not sent again, nothing is twice, and the report is of both runs."""
    file = tmp_path / f"killed{os.getpid()}.csv"
    rows = [f"{n},{'' if n == 2 else f'Thing {n}'},{n}.00" for n in range(1, ROWS + 1)]
    file.write_text("\n".join(("sku,title,price", *rows)) + "\n")
    environment = environment_of(system)
    with subprocess.Popen(
        imports(system, file),
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not any(map(whole_lines, kept := list(tmp_path.glob(".*.progress")))):
            assert process.poll() is None
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
    done = sum(sum(json.loads(line)["tally"].values()) for line in whole_lines(kept[0]))
    assert 0 < done < ROWS - 1
    again = subprocess.run(
        imports(system, file, "--resume"),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert again.returncode == 0, again.stdout
    told = " ".join(again.stdout.split())
    # A batch that was under way when the run was killed may have been done and not yet answered.
    created, unchanged = (number_before(told, word) for word in ("created", "unchanged"))
    assert created >= done
    assert (created + unchanged, number_before(told, "refused")) == (ROWS - 1, 1)
    assert f"Search finds the {created - done} new ones" in told
    assert not kept[0].exists()
    report = (tmp_path / f"{file.stem}-import.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in report[1:]] == ["3"]


def whole_lines(path: Path) -> list[str]:
    """All lines but one that was cut off."""
    return [line for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


def number_before(text: str, word: str) -> int:
    """The number that stands before a word."""
    return int(text.partition(f" {word}")[0].split()[-1])


def test_the_bench_reads_what_an_import_tells(
    system: System, supervised: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counts and seconds come from the command's words, reasons from its report."""
    for name, value in environment_of(system).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "60")
    file, report = tmp_path / f"told{os.getpid()}.csv", tmp_path / "told" / "report.csv"
    file.write_text("sku,title,price\n1,Teapot,12.50\n2,,1\n3,Tray,0\n4,Cup,3\n")
    first, second = (run_import(file, supervised, report) for _ in range(2))
    counts = ("rows", "created", "updated", "unchanged", "refused", "cleaned")
    assert [first[name] for name in counts] == [4, 2, 0, 0, 2, 0]
    assert [second[name] for name in counts] == [4, 0, 0, 2, 2, 0]
    assert 0 < first["stored_s"] < first["command_s"]
    assert first["found_after_last_row_s"] >= 0
    assert count_explained(report) == 2


def test_the_whole_system_fits_a_laptop(supervised: Path) -> None:
    """Every part with what it has taken so far, an import among it."""
    status = json.loads(localex("status", "--json", "--data", supervised).stdout)
    assert status["profile"] == "full"
    assert all(part["rss_bytes"] for part in status["parts"] if part["state"] == "ready")
    # `localex bench system` judges the 2.5 GB; this stack has been through many tests.
    assert status["rss_bytes"] < 2.7e9, status["rss_bytes"]
