"""The bench of delivery measures what is in use: messages sealed, and seals checked."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.stack, pytest.mark.slow, pytest.mark.timeout(300)]


def test_the_bench_tells_what_it_measured(tmp_path: Path) -> None:
    """A run that ends had a forged message refused; its JSON tells commit, machine and seals."""
    kept = tmp_path / "results" / "delivery.json"
    command = [sys.executable, "-m", "embedded.cli", "bench", "delivery", "--json"]
    small = ["--events", "2000", "--rate", "50", "--seconds", "3", "--out", str(kept)]
    ended = subprocess.run([*command, *small], capture_output=True, text=True, check=False)
    # 1 is for limits that do not hold: so few events prove nothing about them.
    assert ended.returncode in {0, 1}, ended.stderr
    found = json.loads(ended.stdout)
    assert found == json.loads(kept.read_text())
    assert (found["bench"], found["seals"]) == ("delivery", "made and checked")
    assert found["commit"]
    assert found["machine"]["cores"] >= 1
    rows = {row["name"]: row["value"] for row in found["rows"]}
    assert min(rows["relay from a backlog"], rows["inbox in batches"]) > 0
    assert len(rows) == len(found["rows"]) == 6
