"""Limits, cells and costs. Pure."""

import math
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

#: While Valkey is away a process counts by itself, at this part of the limit.
ALONE_PART: Final = 4
#: A process takes at most this part of a burst in advance.
LEASE_PART: Final = 10
#: A body costs one more for each of these that are announced.
COST_BYTES: Final = 64 * 1024
_OUR_MACHINE: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class Limit:
    """A bucket's size.

    Attributes:
        name: As clients see it in `RateLimit-Policy`.
        per_second: Cells that come back each second.
        burst: Cells of a full bucket.
    """

    name: str
    per_second: float
    burst: int

    @cached_property
    def interval(self) -> float:
        """Seconds until one cell is back."""
        return 1 / self.per_second

    @cached_property
    def lease_max(self) -> int:
        """The most that a process takes in advance."""
        return max(1, self.burst // LEASE_PART)

    @cached_property
    def policy(self) -> bytes:
        """As `RateLimit-Policy` says it: so many within the time that fills the bucket."""
        window = math.ceil(self.burst / self.per_second)
        return f'"{self.name}";q={self.burst};w={window}'.encode()

    def told(self, left: int) -> bytes:
        """As `RateLimit` says it: what is left, and seconds until all of it is back."""
        back = math.ceil(max(0, self.burst - left) / self.per_second)
        return f'"{self.name}";r={max(0, left)};t={back}'.encode()

    def alone(self) -> "Limit":
        """The stricter limit of a process that can't ask the others."""
        return Limit(self.name, self.per_second / ALONE_PART, max(1, self.burst // ALONE_PART))


class Granted(NamedTuple):
    """What a bucket gave."""

    cells: int
    #: How long to wait for what was asked for at least; 0 when it was given.
    wait_seconds: float
    #: Cells left in the bucket.
    left: int
    #: When the bucket is full again, by the clock that was used.
    full_at: float


def grant(
    limit: Limit, full_at: float, now: float, *, least: int, wanted: int, back: int = 0
) -> Granted:
    """Take cells from a bucket; the script in Valkey does the same.

    Args:
        limit: Its size.
        full_at: When it is full again, as it was left.
        now: The present, by the same clock.
        least: Fewer are not taken.
        wanted: At least `least`.
        back: Cells taken before that were not used.
    """
    interval = limit.interval
    full_at = max(now, full_at - back * interval)
    room = math.floor((now + limit.burst * interval - full_at) / interval + 1e-6)
    if room < least:
        wait = full_at + (least - limit.burst) * interval - now
        return Granted(0, max(wait, 0.001), max(room, 0), full_at)
    cells = min(wanted, room)
    return Granted(cells, 0.0, room - cells, full_at + cells * interval)


def cost_of(base: int, announced: bytes | None) -> int:
    """What a request costs: its route's cost, and one more for each 64 KiB of its body."""
    if announced is None or not announced.isdigit():
        return base
    return base + min(int(announced), 1 << 40) // COST_BYTES


def address_of(host: str | None) -> str:
    """What counts as one address: a network of /64 with IPv6, where people have many."""
    if not host:
        return "unknown"
    try:
        parsed = ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return parsed.exploded[:19]
    return host


def is_our_machine(host: str | None) -> bool:
    """Whether a client calls from this machine: in development nobody counts those."""
    return host in _OUR_MACHINE
