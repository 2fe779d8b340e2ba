"""Keep an import in step with search.

Rows are stored faster than they are indexed. An import that ran ahead would leave everybody's new
listings waiting behind its own; held back to what search finds in about a second, it takes no
longer until all is found, and its last rows are found soon after they are stored.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

#: Rows that may always be stored and not yet found: so few at a time would be indexed slowly.
AHEAD_MIN: Final = 1_000
#: More than this nobody may be ahead, however fast search has been.
AHEAD_MAX: Final = 4_000
#: What search finds in so many seconds may be ahead.
AHEAD_SECONDS: Final = 1.0
#: A rate of finding is one over so many seconds at least: search shows what is new in bursts.
RATE_SECONDS: Final = 2.0
#: The best rate of so many seconds counts: one that fell because little was sent must not make
#: less be sent.
BEST_SECONDS: Final = 8.0
LOOK_SECONDS: Final = 0.2
#: Search that finds nothing new for so long is in trouble of its own: the import goes on.
PATIENCE_SECONDS: Final = 10.0


class Rate:
    """The best rate of finding of the last seconds, from what was found when."""

    def __init__(self, began_at: float) -> None:
        """Begin with nothing found, at a time in seconds."""
        self._looks: deque[tuple[float, int]] = deque([(began_at, 0)])
        self._rates: deque[tuple[float, float]] = deque()

    def note(self, at: float, found: int) -> None:
        """At that time, not before the last one, so many were found in all."""
        self._looks.append((at, found))
        # The newest look that is old enough stays: looks may be far apart.
        while len(self._looks) > 1 and self._looks[1][0] <= at - RATE_SECONDS:
            self._looks.popleft()
        began_at, before = self._looks[0]
        self._rates.append((at, (found - before) / max(at - began_at, RATE_SECONDS)))
        while self._rates[0][0] < at - BEST_SECONDS:
            self._rates.popleft()

    @property
    def per_second(self) -> float:
        """Rows a second; 0 before anything was found."""
        return max((rate for _, rate in self._rates), default=0.0)


class Pace:
    """Lets an import go on while search is not far behind."""

    def __init__(
        self,
        created: Callable[[], int],
        found: Callable[[], Awaitable[int | None]],
        *,
        ahead_max: int = AHEAD_MAX,
    ) -> None:
        """Compare what this run `created` with what of it is `found`; None means search is away."""
        self._created, self._find, self._ahead_max = created, found, ahead_max
        self._clock = asyncio.get_running_loop().time
        self._found, self._grew_at = 0, self._clock()
        self._rate = Rate(self._grew_at)
        self._free = False
        self._turn = asyncio.Lock()

    @property
    def allowed(self) -> int:
        """Rows that may be stored and not yet found, at the rate that search has now."""
        wanted = max(AHEAD_MIN, int(self._rate.per_second * AHEAD_SECONDS))
        return min(self._ahead_max, wanted)

    async def wait(self) -> None:
        """Return when the next rows may be sent."""
        async with self.turn():
            return

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Send the next rows within, when they may be sent.

        Who had to wait sends alone: what is on its way to be stored is ahead of search, too.
        """
        async with self._turn:
            looks = 0
            while not self._free and self._created() - self._found > self.allowed:
                await self._look()
                looks += 1
            if looks:
                yield
                return
        yield

    async def _look(self) -> None:
        found = await self._find()
        now = self._clock()
        if found is None:
            self._free = True
            return
        self._rate.note(now, found)
        if found > self._found:
            self._found, self._grew_at = found, now
            return
        if now - self._grew_at > PATIENCE_SECONDS:
            self._free = True
            return
        await asyncio.sleep(LOOK_SECONDS)
