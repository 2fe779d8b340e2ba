"""Answer a search from memory, or look and remember."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter

from search.remembering.lifecycle import ANSWER_BYTES_MAX, Asked, left_ms, pack, unpack
from search.remembering.store import Store

ANSWERS: Final = Counter(
    "localex_search_answers", "Searches, by where their answer came from", ["source"]
)
#: For so long a process waits for what another one is looking for.
LOCK_MS: Final = 250
LOOK_AGAIN_SECONDS: Final = 0.02

type Find = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class _Flight:
    """A search under way, which others may wait for."""

    epoch: bytes | None
    began_at: float
    """By the monotonic clock."""
    answer: asyncio.Task[bytes]


class Memory:
    """Answers of one process's searches, and those that are under way."""

    def __init__(self, store: Store, *, max_age_ms: int, lock_ms: int = LOCK_MS) -> None:
        """Remember in `store`; an answer never shows less than could be seen so long ago."""
        self._lock_ms = lock_ms
        self._store = store
        self._max_age_ms = max_age_ms
        self._flights: dict[str, _Flight] = {}

    async def remember(self, asked: Asked, find: Find) -> bytes:
        """The answer to a search: remembered, of a search under way, or found now.

        The epoch is read before the engine is asked, and kept with the answer: what was looked for
        before a change is never given once the change has begun a new epoch, however late it was
        kept. Age counts from before the engine was asked, so that it holds without any epoch.

        Args:
            asked: Which search.
            find: Asks the engine.

        Raises:
            EngineAway: The engine can't answer now, and nothing is remembered.
        """
        began_at = time.monotonic()
        looked = await self._store.look(asked)
        if looked is None:
            ANSWERS.labels("engine_only").inc()
            return await find()
        epoch, value = looked
        known = self._unpack(value, epoch)
        if known is not None:
            ANSWERS.labels("remembered").inc()
            return known
        flight = self._flights.get(asked.key)
        if flight and self._serves(flight, epoch, began_at):
            ANSWERS.labels("shared").inc()
        else:
            flight = self._begin(asked, epoch, began_at, find)
        # Whoever gives up must not take the answer from the others.
        return await asyncio.shield(flight.answer)

    def _serves(self, flight: _Flight, epoch: bytes | None, now: float) -> bool:
        return flight.epoch == epoch and left_ms(flight.began_at, now, self._max_age_ms) > 0

    def _unpack(self, value: bytes | None, epoch: bytes | None) -> bytes | None:
        return unpack(value, epoch, now_ms=_wall_ms(), max_age_ms=self._max_age_ms)

    def _begin(self, asked: Asked, epoch: bytes | None, began_at: float, find: Find) -> _Flight:
        answer = asyncio.create_task(self._look(asked, epoch, began_at, find))
        flight = self._flights[asked.key] = _Flight(epoch, began_at, answer)
        answer.add_done_callback(lambda _: self._land(asked.key, flight))
        return flight

    def _land(self, key: str, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.answer.cancelled():
            # Looked at here, where perhaps nobody waits any more.
            flight.answer.exception()

    async def _look(self, asked: Asked, epoch: bytes | None, began_at: float, find: Find) -> bytes:
        if not await self._store.take(asked, epoch, self._lock_ms):
            known = await self._wait(asked, epoch)
            if known is not None:
                ANSWERS.labels("shared").inc()
                return known
            # As old as before this one began to wait; the epoch may be another one by now.
            began_at = time.monotonic()
            epoch, _ = await self._store.look(asked) or (epoch, None)
        ANSWERS.labels("engine").inc()
        found_from_ms, ms = _wall_ms(), 0
        try:
            content = await find()
            if len(content) <= ANSWER_BYTES_MAX:
                ms = left_ms(began_at, time.monotonic(), self._max_age_ms)
        finally:
            if ms <= 0:
                await self._store.leave(asked, epoch)
        if ms > 0:
            await self._store.keep(asked, epoch, pack(epoch, found_from_ms, content), ms)
        return content

    async def _wait(self, asked: Asked, epoch: bytes | None) -> bytes | None:
        """What another process finds, if that is soon."""
        until = time.monotonic() + self._lock_ms / 1000
        while time.monotonic() < until:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            looked = await self._store.look(asked)
            if looked is None:
                return None
            if looked[0] != epoch:
                return self._unpack(looked[1], looked[0])
            known = self._unpack(looked[1], epoch)
            if known is not None:
                return known
        return None


def _wall_ms() -> int:
    """By the machine's clock: others compare it with theirs."""
    return time.time_ns() // 1_000_000
