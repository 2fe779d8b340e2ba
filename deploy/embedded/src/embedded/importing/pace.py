"""Keep an import in step with search.

Rows are stored faster than they are indexed. An import that ran ahead would leave everybody's new
listings waiting behind its own; held back a little, it takes no longer until all is found.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

#: Rows that may be stored and not yet found: a second or two of indexing.
AHEAD_MAX: Final = 4_000
LOOK_SECONDS: Final = 0.2
#: Search that finds nothing new for so long is in trouble of its own: the import goes on.
PATIENCE_SECONDS: Final = 5.0


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
        self._found = 0
        self._grew_at = time.monotonic()
        self._free = False
        self._turn = asyncio.Lock()

    async def wait(self) -> None:
        """Return when the next rows may be sent."""
        async with self._turn:
            while not self._free and self._created() - self._found > self._ahead_max:
                await self._look()

    async def _look(self) -> None:
        found = await self._find()
        now = time.monotonic()
        if found is None:
            self._free = True
        elif found > self._found:
            self._found, self._grew_at = found, now
            return
        elif now - self._grew_at > PATIENCE_SECONDS:
            self._free = True
        await asyncio.sleep(LOOK_SECONDS)
