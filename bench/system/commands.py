"""`localex` as people run it: another process, timed."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LOCALEX: Final = str(Path(sys.executable).with_name("localex"))
#: Nothing here takes longer on a machine that can be measured.
LIMIT_SECONDS: Final = 600
_MEBIBYTE: Final = 2**20


class CommandFailed(RuntimeError):
    """A command did not do what is measured; the message has its words."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that did its work.

    Attributes:
        seconds: From its start to its end, the interpreter's own start included.
        said: Its words, with single spaces.
    """

    seconds: float
    said: str


def localex(*words: object, data: Path, environment: dict[str, str] | None = None) -> Ended:
    """Run a command on a data folder to its end.

    Raises:
        CommandFailed: Its exit code is not 0.
        subprocess.TimeoutExpired: It takes longer than `LIMIT_SECONDS`.
    """
    started = time.perf_counter()
    made = subprocess.run(
        [LOCALEX, *map(str, words), "--data", str(data)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_SECONDS,
    )
    seconds = time.perf_counter() - started
    if made.returncode != 0:
        raise CommandFailed(f"localex {' '.join(map(str, words))}: {made.stdout}{made.stderr}")
    return Ended(seconds, " ".join(made.stdout.split()))


def status(data: Path) -> dict[str, Any]:
    """How everything is."""
    made: dict[str, Any] = json.loads(localex("status", "--json", data=data).said)
    return made


def memory(data: Path) -> dict[str, Any]:
    """Memory of everything and of each part in MiB, as `localex status` counts it."""
    found = status(data)
    parts = {part["name"]: part["rss_bytes"] for part in found["parts"] if part["rss_bytes"]}
    parts["supervisor"] = found["supervisor"]["rss_bytes"]
    return {
        "total_bytes": found["rss_bytes"],
        "total_mib": round(found["rss_bytes"] / _MEBIBYTE),
        "parts_mib": {name: round(size / _MEBIBYTE) for name, size in parts.items()},
    }


def ready_alone(data: Path) -> dict[str, float]:
    """Seconds that each part took from its own start until it was ready."""
    parts = status(data)["parts"]
    return {part["name"]: round(part["ready_after_seconds"], 1) for part in parts if part["pid"]}
