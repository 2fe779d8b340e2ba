"""The share of CI: the real stack is broken in every way, and nothing is lost."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import psutil
import pytest

from embedded.torture.plan import BACKEND, ENGINES, SERVICES, STANDBY

pytestmark = [pytest.mark.slow, pytest.mark.stack, pytest.mark.timeout(1600)]

#: What CI has to have seen; a slow machine takes up to four times the time for it.
MINUTES = os.environ.get("LOCALEX_TORTURE_MINUTES", "2.8")
SEED = os.environ.get("LOCALEX_TORTURE_SEED", "48")
TRANSFERS: Final = 200_000
KILLS: Final = 60
NET_FAULTS: Final = 200


def command(*arguments: str) -> list[str]:
    """The command as people give it."""
    return [sys.executable, "-m", "embedded.cli", "torture", *arguments]


def processes_of(folder: Path) -> list[str]:
    """What still runs and names this data folder."""
    found = []
    for process in psutil.process_iter():
        try:
            told = " ".join(process.cmdline())
        except psutil.Error:
            continue
        if str(folder) in told:
            found.append(told)
    return found


def test_nothing_is_lost_whatever_dies(tmp_path: Path) -> None:
    """Kills, stops, cuts, bad messages, full disks and moved clocks: no oracle is contradicted."""
    result = tmp_path / "result.json"
    made = subprocess.run(
        command(
            *("--seed", SEED, "--minutes", MINUTES),
            *("--transfers", str(TRANSFERS), "--out", str(result)),
        ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.exists(), made.stderr
    found = json.loads(result.read_text(encoding="utf-8"))
    assert found["violations"] == [], (found["replay"], found["violations"][:5])
    assert made.returncode == 0
    assert found["faults"]["kill"] >= KILLS
    assert found["faults"]["net"] >= NET_FAULTS
    assert found["ledger"]["transfers"] >= TRANSFERS
    assert found["operations"]["wrong owner"]["acknowledged"] == 0
    assert found["operations"]["late capture"]["refused"] > 0
    assert found["ledger"]["refused attempts"] >= found["operations"]["overdraft"]["refused"] > 0
    assert found["operations"]["withdrawal"]["acknowledged"] > 0
    # An event overtook one of its key, and waited; and a group missed messages, which came again.
    assert min(found["delivery"].values()) > 0, found["delivery"]
    assert found["looks"] > 0
    assert found["sessions_ended"] > 0
    assert {"kill", "stop", "net", "messages", "clock"} <= set(found["faults"])
    processes = {*SERVICES, *ENGINES, BACKEND, STANDBY}
    assert set(found["by_target"]["kill"]) == set(found["by_target"]["stop"]) == processes
    ways = {hit.partition(": ")[2] for hit in found["by_target"]["net"]}
    assert ways >= {"slow", "mute new", "partition", "call answer lost", "commit answer lost"}
    assert set(found["faults"]) ^ set(found["left_out"]) >= {"disk"}, found["left_out"]
    assert f"--seed {SEED}" in found["replay"]


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    """Ctrl-C in the midst of it: no process is left, and no mount; also when a shell began it."""
    folder = Path(f"{os.environ.get('TMPDIR', '/tmp')}/localex-torture-{os.getpid()}")  # noqa: S108 - servers of root's must reach it
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    running = subprocess.Popen(
        command(
            *("--seed", "4", "--minutes", "5", "--people", "5"),
            *("--data", str(folder), "--out", str(tmp_path / "result.json")),
        ),
        stderr=subprocess.PIPE,
        text=True,
    )
    signal.signal(signal.SIGINT, usual)
    assert running.stderr is not None
    told = list(itertools.takewhile(lambda line: not line.startswith("loading"), running.stderr))
    assert running.poll() is None, "".join(told)
    time.sleep(4)
    assert processes_of(folder)
    running.send_signal(signal.SIGINT)
    try:
        running.communicate(timeout=120)
    finally:
        running.kill()
    assert running.returncode == 130
    assert processes_of(folder) == []
    assert str(folder) not in Path("/proc/mounts").read_text(encoding="utf-8")
    shutil.rmtree(folder)
