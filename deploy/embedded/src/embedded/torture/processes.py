"""Kill and stop processes of one stack: those that its supervisor recorded, and their children."""

import random
import signal
from collections.abc import Iterable
from typing import Final

import psutil

from chassis.standby import STAND_BY
from embedded.identity import ProcessRecord
from embedded.places import Places
from embedded.torture.plan import BACKEND, SERVICES, STANDBY

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
        record = self._find(target)
        if record is None or not record.send(signal.SIGKILL):
            return None
        return record.pid

    def _find(self, target: str) -> ProcessRecord | None:
        try:
            match target:
                case _ if target == BACKEND:
                    # One that serves one of our services; Postgres restarts all if it dies.
                    found = [child for child in self._children_of("postgres") if _serves_us(child)]
                case _ if target == STANDBY:
                    found = self._standbys()
                case _:
                    return self.record(target)
            return ProcessRecord.of(target, self._chance.choice(found).pid) if found else None
        except psutil.Error:
            return None

    def _children_of(self, part: str) -> list[psutil.Process]:
        record = self.record(part)
        return psutil.Process(record.pid).children() if record else []

    def _standbys(self) -> list[psutil.Process]:
        """Who stands by: what their supervisor began to, and is no part yet."""
        parts = [record for name in SERVICES if (record := self.record(name))]
        if not parts:
            return []
        supervisor = psutil.Process(parts[0].pid).parent()
        working = {record.pid for record in parts}
        return [
            child
            for child in (supervisor.children() if supervisor else ())
            if child.pid not in working and STAND_BY in child.cmdline()
        ]

    def stop(self, target: str) -> int | None:
        """Let a process stand still; returns its id, or nothing if none was there."""
        record = self._find(target)
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
