"""`localex` as people run it: another process, its exit code and its words."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

LOCALEX: Final = str(Path(sys.executable).with_name("localex"))


def localex(
    *words: object, environment: Mapping[str, str] | None = None, said: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command to its end, with nobody at a terminal."""
    return subprocess.run(
        [LOCALEX, *map(str, words)],
        env=os.environ | (environment or {}),
        input=said or "",
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
