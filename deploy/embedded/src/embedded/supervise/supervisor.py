"""All parts of one stack, and the order in which they come and go."""

import asyncio
import time
from typing import Any

import psutil

from embedded.parts.base import Part
from embedded.parts.service import Service
from embedded.site import Site
from embedded.supervise.worker import Worker


class UnknownPart(Exception):
    """No part has this name."""


class Supervisor:
    """Starts everything at once; each part waits only for what it needs."""

    def __init__(self, site: Site, parts: list[Part]) -> None:
        """Supervise `parts`."""
        self.site = site
        self.started_at = time.time()
        self.closing = False
        self.workers = {part.name: Worker(part, site, self._wait_for) for part in parts}

    async def _wait_for(self, name: str) -> None:
        worker = self.workers.get(name)
        if worker is not None:
            await worker.ready_once.wait()

    def start(self) -> None:
        """Want every part up."""
        for worker in self.workers.values():
            worker.start()

    def retry(self) -> None:
        """Try again what has failed for good."""
        for worker in self.workers.values():
            if worker.state == "failed":
                worker.start()

    async def stop(self) -> None:
        """Take everything down: services first, so that they can finish what they do."""
        self.closing = True
        services = [w for w in self.workers.values() if isinstance(w.part, Service)]
        others = [w for w in self.workers.values() if w not in services]
        for group in (services, others):
            await asyncio.gather(*(worker.stop() for worker in group), return_exceptions=True)

    def worker(self, name: str) -> Worker:
        """The worker of a part.

        Raises:
            UnknownPart: There is none.
        """
        try:
            return self.workers[name]
        except KeyError:
            known = ", ".join(self.workers)
            raise UnknownPart(f"no part is called {name!r}; there are {known}") from None

    def status(self) -> dict[str, Any]:
        """How everything is: the form that `localex status --json` prints."""
        parts = [self._part_status(worker) for worker in self.workers.values()]
        wanted = [part for part in parts if part["state"] != "stopped"]
        gateway = self.workers.get("gateway")
        authority = self.site.authority_of("gateway")
        own = psutil.Process()
        return {
            "gateway": gateway.part.url(self.site) if gateway else None,
            "authority": str(authority) if authority else None,
            "ready": all(part["state"] in {"ready", "done"} for part in wanted),
            "failed": any(part["state"] == "failed" for part in parts),
            "closing": self.closing,
            "profile": self.site.profile,
            "data_folder": str(self.site.places.data),
            "uptime_seconds": round(time.time() - self.started_at, 1),
            "supervisor": {"pid": own.pid, "rss_bytes": own.memory_info().rss},
            "rss_bytes": own.memory_info().rss + sum(part["rss_bytes"] or 0 for part in parts),
            "parts": parts,
        }

    def _part_status(self, worker: Worker) -> dict[str, Any]:
        part, child = worker.part, worker.child
        waiting = worker.standby.child if worker.standby else None
        pids = [one.pid for one in (child, waiting) if one is not None]
        folder = part.folder(self.site)
        after = worker.ready_after_seconds
        return {
            "name": part.name,
            "state": worker.state,
            "reason": worker.reason,
            "pid": child.pid if child else None,
            "url": part.url(self.site),
            "version": part.version(self.site),
            "data_folder": str(folder) if folder else None,
            "standby_pid": waiting.pid if waiting else None,
            "rss_bytes": sum(memory_of(pid) or 0 for pid in pids) if pids else None,
            "uptime_seconds": round(time.time() - child.started_at, 1) if child else None,
            "ready_after_seconds": round(after, 2) if after is not None else None,
            "restarts": worker.restarts,
            "last_error": worker.last_error,
            "log_tail": worker.log_tail,
            "log": str(self.site.places.log_of(part.name)),
        }


def memory_of(pid: int) -> int | None:
    """Memory of a process and its children.

    Of a process with children it is the proportional share: Postgres' processes map the same
    buffers, and adding up their resident sizes would count those many times.
    """
    try:
        process = psutil.Process(pid)
        children = process.children(recursive=True)
        if not children:
            return int(process.memory_info().rss)
        return sum(_share_of(each) for each in (process, *children))
    except psutil.Error:
        return None


def _share_of(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except psutil.Error:
        return 0
    return int(getattr(full, "pss", 0) or full.rss)
