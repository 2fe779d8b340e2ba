"""The buckets of this process: leases of cells that Valkey gave."""

import asyncio
import time
from typing import Final

from gateway.rate_limits.errors import TooManyRequests
from gateway.rate_limits.lifecycle import Limit, grant
from gateway.valkey import Valkey

#: Who calls now and then asks once in this time, too.
LEASE_SECONDS: Final = 10.0
_FIRST_SIZE: Final = 8
#: How long a refusal is remembered: somebody else's process may give cells back.
_REFUSED_SECONDS: Final = 1.0
KEPT_MAX: Final = 50_000
_MICRO: Final = 1_000_000

#: `lifecycle.grant` in Valkey, by Valkey's clock, in microseconds: one round trip.
SCRIPT: Final = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local least, wanted, back = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local full = tonumber(redis.call('GET', KEYS[1]) or 0) - back * interval
if full < now then full = now end
local room = math.floor((now + burst * interval - full) / interval + 0.000001)
if room < least then
  return {0, math.ceil(full + (least - burst) * interval - now), math.max(room, 0)}
end
local cells = math.min(wanted, room)
full = full + cells * interval
redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
return {cells, 0, room - cells}
"""


class Bucket:
    """What this process knows of one bucket."""

    __slots__ = (
        "alone_full_at",
        "asking",
        "back_at",
        "held",
        "left",
        "refused",
        "refused_until",
        "size",
        "until",
    )

    def __init__(self) -> None:
        """Nothing is held yet."""
        #: Cells of the lease, until when, and how many to ask for next.
        self.held = 0
        self.until = 0.0
        self.size = _FIRST_SIZE
        #: Cells in Valkey when it was last asked.
        self.left = 0
        #: The cost that was refused, and until when it would be again.
        self.refused = 0
        self.refused_until = 0.0
        self.back_at = 0.0
        #: When it is full again, while this process counts by itself.
        self.alone_full_at = 0.0
        self.asking: asyncio.Lock | None = None


class Buckets:
    """Takes cells: from the lease, else from Valkey, else by itself."""

    def __init__(self, valkey: Valkey) -> None:
        """Ask `valkey`; where none is configured, this process is all there is."""
        self._valkey = valkey
        self._kept: dict[str, Bucket] = {}

    def take_held(self, key: str, cost: int) -> Bucket | None:
        """The bucket, if its lease has what it costs; asks nobody."""
        bucket = self._kept.get(key)
        if bucket is None or bucket.held < cost or bucket.until < time.monotonic():
            return None
        bucket.held -= cost
        return bucket

    async def take(self, key: str, limit: Limit, cost: int) -> Bucket:
        """Take cells from a bucket.

        Args:
            key: Whose, and of which kind.
            limit: Its size.
            cost: Cells; more than a full bucket has are taken as a full bucket.

        Raises:
            TooManyRequests: They are not there.
        """
        cost = min(cost, limit.burst)
        taken = self.take_held(key, cost)
        if taken is not None:
            return taken
        bucket = self._bucket(key)
        if bucket.asking is None:
            bucket.asking = asyncio.Lock()
        async with bucket.asking:
            # Another request may have asked meanwhile.
            if bucket.held < cost or bucket.until < time.monotonic():
                await self._lease(key, bucket, limit, cost)
        bucket.held -= cost
        return bucket

    async def _lease(self, key: str, bucket: Bucket, limit: Limit, cost: int) -> None:
        now = time.monotonic()
        if bucket.refused_until > now and cost >= bucket.refused:
            raise TooManyRequests(limit, bucket.back_at - now)
        used_up = bucket.held < cost and bucket.until >= now
        size = bucket.size * 2 if used_up else max(bucket.size // 2, _FIRST_SIZE)
        bucket.size = min(size, limit.lease_max)
        wanted, back = max(cost, bucket.size), bucket.held
        bucket.held = 0
        answer = await self._valkey.ask(
            "EVAL",
            SCRIPT,
            1,
            f"gateway:rate:{key}",
            limit.interval * _MICRO,
            limit.burst,
            cost,
            wanted,
            back,
        )
        if answer is None:
            cells, wait = self._alone(bucket, limit, cost, now)
        else:
            cells, wait, bucket.left = answer[0], answer[1] / _MICRO, answer[2]
        if cells < cost:
            bucket.refused, bucket.refused_until = cost, now + min(wait, _REFUSED_SECONDS)
            bucket.back_at = now + wait
            raise TooManyRequests(limit, wait)
        bucket.refused_until = 0.0
        bucket.held, bucket.until = cells, now + LEASE_SECONDS

    def _alone(self, bucket: Bucket, limit: Limit, cost: int, now: float) -> tuple[int, float]:
        """By itself: the whole limit where there is no Valkey to ask, a part while it is away."""
        own = limit.alone() if self._valkey.configured else limit
        # What costs more than the smaller bucket has is let in by a full one.
        given = grant(own, bucket.alone_full_at, now, least=min(cost, own.burst), wanted=cost)
        bucket.alone_full_at, bucket.left = given.full_at, given.left
        return (cost if given.cells else 0), given.wait_seconds

    def _bucket(self, key: str) -> Bucket:
        bucket = self._kept.get(key)
        if bucket is None:
            if len(self._kept) >= KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            bucket = self._kept[key] = Bucket()
        return bucket
