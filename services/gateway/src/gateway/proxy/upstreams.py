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
        """The next replica that may be asked; nothing when none may."""
        replicas = self._replicas.get(service, [])
        now = time.monotonic()
        for _ in replicas:
            turn = self._turn[service] = (self._turn[service] + 1) % len(replicas)
            if replicas[turn].breaker.allows(now):
                return replicas[turn]
        return None

    def count(self, service: str) -> int:
        """How many replicas are known."""
        return len(self._replicas.get(service, []))
