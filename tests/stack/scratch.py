"""Where the servers of tests keep their data: in memory, where a machine has room for it.

Thousands of tests make and drop databases of a thousand files each; on a slow disk that is most of
what they wait for. Nothing is switched off, and to a process that is killed memory is as good as a
disk. What shows that the system gets along with a disk keeps to one: torture, benches, `make up`.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - it is memory that is wanted
#: What two test processes keep at most, and twice that for the servers themselves.
ROOM_BYTES: Final = 6 * 2**30
FREE_BYTES: Final = 2 * ROOM_BYTES
_PREFIX: Final = "localex-tests-"


def has_room(folder: Path = MEMORY) -> bool:
    """Whether servers may keep their data in memory; containers often get a few megabytes."""
    return (
        os.access(folder, os.W_OK | os.X_OK)
        and shutil.disk_usage(folder).free >= ROOM_BYTES
        and psutil.virtual_memory().available >= FREE_BYTES
    )


@contextmanager
def scratch_folder(memory: Path = MEMORY) -> Iterator[Path]:
    """A folder that the server user can reach, in memory or else on the disk; it goes afterwards.

    Args:
        memory: Where memory is seen as a folder.
    """
    sweep(memory)
    parent = memory if has_room(memory) else None
    made = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
    made.chmod(0o711)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def sweep(memory: Path) -> None:
    """Give back what tests that were killed have left in memory."""
    for left in memory.glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
