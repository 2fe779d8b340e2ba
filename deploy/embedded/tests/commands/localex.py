"""`localex` as people run it: another process, its exit code and its words."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import psutil

from embedded.places import Places

LOCALEX: Final = str(Path(sys.executable).with_name("localex"))


def localex(
    *words: object,
    environment: Mapping[str, str] | None = None,
    said: str | None = None,
    within: Sequence[str] = (),
    limit_seconds: float = 110,
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, with nobody at a terminal.

    Args:
        words: What is asked of it.
        environment: Variables on top of ours.
        said: What it reads.
        within: A command that runs it, such as one that takes the network away.
        limit_seconds: How long it may take.
    """
    return subprocess.run(
        [*within, LOCALEX, *map(str, words)],
        env=os.environ | (environment or {}),
        input=said or "",
        capture_output=True,
        text=True,
        check=False,
        timeout=limit_seconds,
    )


def processes_of(places: Places) -> list[psutil.Process]:
    """What runs from a data folder, whoever looks after it."""
    stack_id = json.loads(places.state_file.read_text())["stack_id"]
    return [one for one in psutil.process_iter() if _is_of(one, places, stack_id)]


def _is_of(process: psutil.Process, places: Places, stack_id: str) -> bool:
    with contextlib.suppress(psutil.Error):
        named = str(places.data) in process.cmdline()
        return named or process.environ().get("LOCALEX_STACK_ID") == stack_id
    return False
