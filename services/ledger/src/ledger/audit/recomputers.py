"""Recomputes leaves in several processes, each with a connection of its own; or in this one."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from chassis.database import Connection, open_connection
from ledger.audit import queries
from ledger.transparency.audit import Recheck
from ledger.transparency.models import Rechecked
from ledger.transparency.recheck import recheck_leaves

NAME: Final = "localex-verify"


@asynccontextmanager
async def open_recomputers(url: str, workers: int) -> AsyncIterator[Recheck]:
    """What recomputes a range of leaves, several at a time.

    Args:
        url: The database, as a role that may read the books.
        workers: Processes; none means here, one range at a time.
    """
    if workers:
        # Not forked: this process has connections and threads.
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(workers, context, initializer=_open, initargs=(url,))
        loop = asyncio.get_running_loop()

        async def elsewhere(begin: int, end: int) -> Rechecked:
            return await loop.run_in_executor(pool, _recheck, begin, end)

        try:
            yield elsewhere
        finally:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)
        return
    async with open_connection(url, NAME) as conn:
        worker = await _begin(conn)
        turn = asyncio.Lock()

        async def here(begin: int, end: int) -> Rechecked:
            async with turn:
                return await worker.recheck(begin, end)

        yield here


class _Worker:
    """A connection, and the statement that was written for its tables."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._statement: str | None = None

    async def recheck(self, begin: int, end: int) -> Rechecked:
        found = await recheck_leaves(self._conn, begin, end, statement=self._statement)
        self._statement = found.statement
        return found


class _Process:
    """A worker process: one loop, one connection, for as long as it lives."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._worker = self._runner.run(self._open(url))

    async def _open(self, url: str) -> _Worker:
        return await _begin(await self._stack.enter_async_context(open_connection(url, NAME)))

    def recheck(self, begin: int, end: int) -> Rechecked:
        return self._runner.run(self._worker.recheck(begin, end))


_process: list[_Process] = []


def _open(url: str) -> None:
    _process.append(_Process(url))


def _recheck(begin: int, end: int) -> Rechecked:
    return _process[0].recheck(begin, end)


async def _begin(conn: Connection) -> _Worker:
    await queries.be_patient(conn)
    return _Worker(conn)
