"""The ledger process under load, and what processes use."""

import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import free_port, running
from embedded import Stack


@dataclass(frozen=True, slots=True)
class Used:
    """Processor seconds: of the service, of the database and its backends, of the clients."""

    service: float
    database: float
    clients: float

    def since(self, before: "Used", operations: int) -> dict[str, int]:
        """Microseconds for each operation."""

        def each(now: float, then: float) -> int:
            return round((now - then) / max(1, operations) * 1e6)

        return {
            "service_cpu_us": each(self.service, before.service),
            "database_cpu_us": each(self.database, before.database),
            "clients_cpu_us": each(self.clients, before.clients),
        }


def _seconds(pid: int) -> float:
    """What a process and the children that it has waited for have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def used(service: int | None, postgres: int) -> Used:
    """What service and database have used; backends that live count, too."""
    backends = Path(f"/proc/{postgres}/task/{postgres}/children").read_text().split()
    database = _seconds(postgres)
    for pid in backends:
        try:
            database += _seconds(int(pid))
        except FileNotFoundError:
            continue
    return Used(_seconds(service) if service else 0.0, database, time.process_time())


@asynccontextmanager
async def serving(stack: Stack, jwks: Path) -> AsyncIterator[tuple[int, int]]:
    """A ledger process over the stack's database; gives its port and its process."""
    port = free_port()
    settings = {
        # The machine's own clock, as in production: a stack of developers' can be moved.
        name: value
        for name, value in stack.settings.items()
        if name != "LOCALEX_CLOCK_OFFSET_FILE"
    } | {
        "LEDGER_HTTP_PORT": str(port),
        # Nothing is sent: what the relay does is measured by `localex bench delivery`.
        "LOCALEX_KAFKA_SERVERS": "127.0.0.1:1",
        "LOCALEX_INTERNAL_JWKS_FILE": str(jwks),
        "LOCALEX_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "ledger", "serve"]
    async with running(port, command, settings) as process:
        yield port, process
