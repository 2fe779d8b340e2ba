"""The replicas of each service, asked in turn, the unreachable ones left out."""

import time
from collections.abc import Mapping, Sequence

from gateway.proxy.lifecycle import Breaker


class Replica:
    """One process of a service."""

    def __init__(self, address: str) -> None:
        """Reachable at `address`, as far as is known."""
        self.address = address
        self.breaker = Breaker()
        #: Requests in progress through this process.
        self.inflight = 0
        #: What it said of itself when last asked; asked only where there are several.
        self.ready = True

    def failed(self) -> None:
        """It could not be reached."""
        self.breaker.failed(time.monotonic())

    def succeeded(self) -> None:
        """It answered."""
        self.breaker.succeeded()


class Upstreams:
    """Which replica to ask next."""

    def __init__(self, addresses: Mapping[str, Sequence[str]]) -> None:
        """Addresses by service."""
        self._replicas = {
            service: [Replica(address) for address in listed]
            for service, listed in addresses.items()
        }
        self._turn = dict.fromkeys(self._replicas, 0)

    def choose(self, service: str) -> Replica | None:
        """The replica to ask: of those that are ready the least busy, in turn where equal.

        Where none says that it is ready, those are asked that can be reached; nothing when none
        may be asked.
        """
        replicas = self._replicas.get(service, [])
        now = time.monotonic()
        if len(replicas) == 1:
            return replicas[0] if replicas[0].breaker.allows(now) else None
        turn = self._turn[service] = self._turn.get(service, 0) + 1
        # One that is half-open gets its try: it is not left out for ever.
        broken = [one for one in replicas if not one.breaker.closed]
        due = next((one for one in broken if one.breaker.allows(now)), None)
        if due is not None and due.ready:
            return due
        reachable = [one for one in replicas if one.breaker.closed]
        well = [one for one in reachable if one.ready] or reachable
        if not well:
            return due
        start = turn % len(well)
        return min(well[start:] + well[:start], key=lambda one: one.inflight)

    def several(self) -> list[Replica]:
        """The replicas of the services that have more than one."""
        return [one for listed in self._replicas.values() if len(listed) > 1 for one in listed]

    def count(self, service: str) -> int:
        """How many replicas are known."""
        return len(self._replicas.get(service, []))
