"""Which process is meant: a pid alone may name another process by now."""

import json
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from embedded.account import write_file

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_START_FIELD: Final = 19


def birth_of(pid: int) -> str | None:
    """When a process began, in a form that no later process with its pid can have.

    Returns:
        None when there is no such process, or it is a zombie.
    """
    if _BOOT_ID.exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        if fields[0] in "ZX":
            return None
        return f"{_BOOT_ID.read_text(encoding='ascii').strip()}:{fields[_START_FIELD]}"
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.Error:
        return None


@dataclass(frozen=True, slots=True)
class ProcessRecord:
    """A process that we started."""

    name: str
    pid: int
    birth: str

    @classmethod
    def of(cls, name: str, pid: int) -> "ProcessRecord | None":
        """Record a process; None when it is already gone."""
        birth = birth_of(pid)
        return None if birth is None else cls(name, pid, birth)

    @classmethod
    def read(cls, path: Path) -> "ProcessRecord | None":
        """Read a record; None when there is none that can be understood."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            return cls(str(value["name"]), int(value["pid"]), str(value["birth"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Write the record."""
        value = {"name": self.name, "pid": self.pid, "birth": self.birth}
        write_file(path, json.dumps(value))

    def is_alive(self) -> bool:
        """Whether this very process still runs."""
        return birth_of(self.pid) == self.birth

    def send(self, number: signal.Signals) -> bool:
        """Send a signal, to this very process only.

        Returns:
            Whether it was there to receive it.
        """
        if not self.is_alive():
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def with_environment(name: str, value: str) -> list[ProcessRecord]:
    """The processes that were started with this environment variable, ourselves left out."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.environ().get(name) == value:
                record = ProcessRecord.of(process.name(), process.pid)
                if record is not None:
                    found.append(record)
        except (psutil.Error, OSError):
            continue
    return found
