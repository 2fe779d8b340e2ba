"""Where figures come from: the commit that was measured, and the machine."""

import os
import platform
import subprocess
from pathlib import Path
from typing import Any


def commit() -> str:
    """The commit of this checkout; `unknown` outside of one."""
    made = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return made.stdout.strip() or "unknown"


def machine() -> dict[str, Any]:
    """What this process runs on."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }
