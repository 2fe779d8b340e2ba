"""Kill and stop processes of one stack: those that its supervisor recorded, and their children."""

import random
import signal
from collections.abc import Iterable
from typing import Final

import psutil

from embedded.identity import ProcessRecord
from embedded.places import Places
from embedded.torture.plan import BACKEND

_SERVER_ROLES: Final = ("ledger", "gateway", "marketplace", "search")


class Processes:
    """The running parts of one data folder."""

    def __init__(self, places: Places, chance: random.Random) -> None:
        """Look in the data folder of a stack that was started."""
        self._places = places
        self._chance = chance
        self._stopped: list[ProcessRecord] = []

    def record(self, part: str) -> ProcessRecord | None:
        """The process of a part, if it runs."""
        found = ProcessRecord.read(self._places.record_of(part))
        return found if found is not None and found.is_alive() else None

    def kill(self, target: str) -> int | None:
        """End a process at once, as a crash would; returns its id, or nothing if none was there."""
        if target == BACKEND:
            return self._kill_backend()
        record = self.record(target)
        if record is None or not record.send(signal.SIGKILL):
            return None
        return record.pid

    def _kill_backend(self) -> int | None:
        """End one process that serves one of our services; Postgres then restarts all of them."""
        first = self.record("postgres")
        if first is None:
            return None
        try:
            children = psutil.Process(first.pid).children()
            serving = [c for c in children if _serves_us(c)]
            if not serving:
                return None
            victim = self._chance.choice(serving)
            victim.kill()
        except psutil.Error:
            return None
        return victim.pid

    def stop(self, part: str) -> int | None:
        """Let a process stand still; returns its id, or nothing if none was there."""
        record = self.record(part)
        if record is None or not record.send(signal.SIGSTOP):
            return None
        self._stopped.append(record)
        return record.pid

    def go_on(self, pid: int | None = None) -> None:
        """Let what stands still go on: one process, or all."""
        for record in [one for one in self._stopped if pid in {None, one.pid}]:
            record.send(signal.SIGCONT)
            self._stopped.remove(record)

    def let_all_go_on(self, parts: Iterable[str]) -> None:
        """Let these parts go on, whoever stopped them."""
        for part in parts:
            record = self.record(part)
            if record is not None:
                record.send(signal.SIGCONT)


def _serves_us(process: psutil.Process) -> bool:
    try:
        title = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return any(title.startswith(f"postgres: {role} ") for role in _SERVER_ROLES)
