"""Answer a search from memory, or look and remember."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from prometheus_client import Counter

from search.remembering.lifecycle import ANSWER_BYTES_MAX, Asked, left_ms, pack, unpack
from search.remembering.store import Looked, Store

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
        self._keeping: set[asyncio.Task[None]] = set()

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
        looked = await self._store.look(asked, self._lock_ms)
        if looked is None:
            ANSWERS.labels("engine_only").inc()
            return await find()
        known = self._unpack(looked)
        if known is not None:
            ANSWERS.labels("remembered").inc()
            return known
        flight = self._flights.get(asked.key)
        # Who has to look waits for nobody: others wait for it.
        if flight and not looked.is_ours and self._serves(flight, looked.epoch, began_at):
            ANSWERS.labels("shared").inc()
        else:
            flight = self._begin(asked, looked, began_at, find)
        # Whoever gives up must not take the answer from the others.
        return await asyncio.shield(flight.answer)

    def _serves(self, flight: _Flight, epoch: bytes | None, now: float) -> bool:
        return flight.epoch == epoch and left_ms(flight.began_at, now, self._max_age_ms) > 0

    def _unpack(self, looked: Looked) -> bytes | None:
        now_ms = _wall_ms()
        return unpack(looked.kept, looked.epoch, now_ms=now_ms, max_age_ms=self._max_age_ms)

    def _begin(self, asked: Asked, looked: Looked, began_at: float, find: Find) -> _Flight:
        answer = asyncio.create_task(self._look(asked, looked, began_at, find))
        flight = self._flights[asked.key] = _Flight(looked.epoch, began_at, answer)
        answer.add_done_callback(lambda _: self._land(asked.key, flight))
        return flight

    def _land(self, key: str, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.answer.cancelled():
            # Looked at here, where perhaps nobody waits any more.
            flight.answer.exception()

    async def _look(self, asked: Asked, looked: Looked, began_at: float, find: Find) -> bytes:
        # What is kept and was not given is too old: nobody is looking.
        if not looked.is_ours and looked.kept is None:
            known, looked, began_at = await self._wait(asked, looked, began_at)
            if known is not None:
                ANSWERS.labels("shared").inc()
                return known
        ANSWERS.labels("engine").inc()
        found_from_ms = _wall_ms()
        try:
            content = await find()
        except BaseException:
            await self._store.leave(asked)
            raise
        ms = left_ms(began_at, time.monotonic(), self._max_age_ms)
        if ms > 0 and len(content) <= ANSWER_BYTES_MAX:
            keeping = self._store.keep(asked, pack(looked.epoch, found_from_ms, content), ms)
        else:
            keeping = self._store.leave(asked)
        # Nobody waits for that; the store itself ends what takes long.
        task = asyncio.create_task(keeping)
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        return content

    async def _wait(
        self, asked: Asked, looked: Looked, began_at: float
    ) -> tuple[bytes | None, Looked, float]:
        """What another process finds, if that is soon; otherwise what is known by now."""
        until = time.monotonic() + self._lock_ms / 1000
        while time.monotonic() < until and not looked.is_ours:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
            # As old as before this one began to wait; the epoch may be another one by now.
            now = time.monotonic()
            again = await self._store.look(asked, self._lock_ms)
            if again is None:
                break
            looked, began_at = again, now
            known = self._unpack(looked)
            if known is not None:
                return known, looked, began_at
        return None, looked, began_at


def _wall_ms() -> int:
    """By the machine's clock: others compare it with theirs."""
    return time.time_ns() // 1_000_000
