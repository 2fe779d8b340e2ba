"""What services called an error is told with a run, and what libraries say is not."""

import json
from pathlib import Path
from typing import Any

from embedded.torture.complaints import read_complaints


def say(log: Path, **told: Any) -> None:
    """One line of a service's log."""
    with log.open("a") as file:
        file.write(json.dumps(told) + "\n")


def test_an_error_is_told_once_with_its_traceback(tmp_path: Path) -> None:
    """From logs that were put aside, too; warnings, libraries and broken lines are left out."""
    log, aside = tmp_path / "ledger.log", tmp_path / "ledger.log.1"
    for place in (aside, log, log):
        say(place, event="request.failed", level="error", exception="TypeError: no list")
    for row in ("01a20642-e42f-7224-bcc4-1b9d51f591cb", "01a20642-ffff-7224-bcc4-1b9d51f591cb"):
        say(log, event="task.failed", level="error", exception=f"of row ({row}, 2026) at {row[:2]}")
    say(log, event="request.failed", level="error", exception="KeyError: 'x'")
    say(log, event="Unable to update", level="error", logger="aiokafka")
    say(log, event="request.unavailable", level="warning", error="Transient('error')")
    with log.open("a") as file:
        file.write('{"level":"error", cut\n')
    told = read_complaints(tmp_path)
    assert [one["exception"] for one in told] == [
        "TypeError: no list",
        "of row (01a20642-e42f-7224-bcc4-1b9d51f591cb, 2026) at 01",
        "KeyError: 'x'",
    ]
    assert read_complaints(tmp_path / "nowhere") == []
