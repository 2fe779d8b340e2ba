"""Tell that the index has changed, as soon as searches see it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from chassis.logs import get_logger
from search.engine import Engine, EngineAway, EngineRefused
from search.indexing.mapping import READ_ALIAS
from search.remembering.store import Store

log = get_logger(__name__)


class Announcer:
    """Begins a new epoch in communities whose documents were written, when searches see them."""

    def __init__(self, engine: Engine, store: Store, *, pause_seconds: float) -> None:
        """Let `engine` show what it has, at most once in a while, and tell `store`."""
        self._engine, self._store, self._pause_seconds = engine, store, pause_seconds
        self._written: set[str] = set()
        self._woken = asyncio.Event()
        self._announcing = asyncio.Lock()

    @classmethod
    @asynccontextmanager
    async def open(
        cls, engine: Engine, store: Store, *, pause_seconds: float
    ) -> AsyncIterator["Announcer"]:
        """Announce what is written through `engine` until the block ends."""
        made = cls(engine, store, pause_seconds=pause_seconds)
        running = asyncio.create_task(made._run())
        engine.on_written = made.note
        try:
            yield made
        finally:
            engine.on_written = None
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    def note(self, communities: Iterable[str]) -> None:
        """Documents of these communities were written, or perhaps."""
        self._written |= set(communities)
        self._woken.set()

    async def announce(self) -> None:
        """Let searches see what was written so far, and begin new epochs; when it returns, both."""
        async with self._announcing:
            written, self._written = self._written, set()
            if not written:
                return
            try:
                await self._engine.call("POST", f"/{READ_ALIAS}/_refresh", timeout_seconds=30)
            except (EngineAway, EngineRefused) as error:
                # The engine refreshes by itself, and no answer outlives its second.
                log.info("remembering.not_refreshed", error=repr(error))
            await self._store.renew(sorted(written))

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            await self.announce()
            await asyncio.sleep(self._pause_seconds)
