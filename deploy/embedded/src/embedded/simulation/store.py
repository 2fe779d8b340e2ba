"""Rows, locks and transactions as Postgres has them at READ COMMITTED, without its triggers.

They are left out on purpose: what the services' own code gets wrong must come to light here, not
be caught by the second net.
"""

import asyncio
from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import asyncpg

type Key = tuple[str, Any]

LOCK_SECONDS: Final = 2.0
_GONE: Final = object()


class Store:
    """One service's database: what is committed, and who waits for whom."""

    def __init__(self, name: str) -> None:
        """Begin empty."""
        self.name = name
        self.tables: dict[str, dict[Any, Any]] = {}
        self.advisory: dict[int, object] = {}
        #: Key -> number of the commit that wrote it first.
        self.commits = 0
        self.written_in: dict[Key, tuple[int, int]] = {}
        self._owners: dict[Key, Transaction] = {}
        self._queues: dict[Key, deque[tuple[Transaction, asyncio.Future[None]]]] = {}
        self._blocked: dict[Transaction, Key] = {}
        self._numbers = 0

    def next_number(self) -> int:
        """The sequence: like the real one it is drawn before the commit, and never given back."""
        self._numbers += 1
        return self._numbers

    def table(self, name: str) -> dict[Any, Any]:
        """The committed rows of a table by key."""
        return self.tables.setdefault(name, {})

    def owner(self, key: Key) -> "Transaction | None":
        """Who holds a lock."""
        return self._owners.get(key)

    async def take(self, key: Key, transaction: "Transaction") -> None:
        """Take a lock, waiting for whoever has it.

        Raises:
            DeadlockDetectedError: Those who wait would wait for each other.
            LockNotAvailableError: It took too long.
        """
        owner = self._owners.get(key)
        if owner is transaction:
            return
        if owner is None:
            self._owners[key] = transaction
            transaction.held.append(key)
            return
        self._refuse_circle(owner, transaction)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queues.setdefault(key, deque()).append((transaction, turn))
        self._blocked[transaction] = key
        transaction.turn = turn
        timer = asyncio.get_running_loop().call_later(LOCK_SECONDS, _time_out, turn)
        try:
            await turn
        finally:
            timer.cancel()
            transaction.turn = None
            self._blocked.pop(transaction, None)
        if transaction.over:
            raise asyncpg.ConnectionDoesNotExistError("the transaction ended while it waited")

    def _refuse_circle(self, owner: "Transaction", transaction: "Transaction") -> None:
        seen: Transaction | None = owner
        while seen is not None:
            if seen is transaction:
                raise asyncpg.DeadlockDetectedError("deadlock detected")
            waits_for = self._blocked.get(seen)
            seen = self._owners.get(waits_for) if waits_for else None

    def give(self, key: Key) -> None:
        """Give a lock to the first who waits for it and still wants it."""
        queue = self._queues.get(key)
        while queue:
            heir, turn = queue.popleft()
            if not turn.done() and not heir.over:
                self._owners[key] = heir
                heir.held.append(key)
                self._blocked.pop(heir, None)
                turn.set_result(None)
                return
        self._queues.pop(key, None)
        self._owners.pop(key, None)


def _time_out(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_exception(asyncpg.LockNotAvailableError("canceling statement: lock timeout"))


class Transaction:
    """Writes of its own over what others have committed."""

    def __init__(self, store: Store) -> None:
        """Open on a store."""
        self.store = store
        self.writes: dict[Key, Any] = {}
        self.held: list[Key] = []
        self.over = False
        self.turn: asyncio.Future[None] | None = None

    def get(self, table: str, key: Any) -> Any:
        """A row as this transaction sees it now, or nothing."""
        row = self.writes.get((table, key))
        if row is None:
            return self.store.table(table).get(key)
        return None if row is _GONE else row

    def rows(self, table: str) -> Iterator[Any]:
        """All rows of a table as this transaction sees them now."""
        for key, row in list(self.store.table(table).items()):
            if (table, key) not in self.writes:
                yield row
        for (name, _), row in list(self.writes.items()):
            if name == table and row is not _GONE:
                yield row

    def is_free(self, table: str, key: Any) -> bool:
        """Whether nobody else holds the row."""
        return self.store.owner((table, key)) in (None, self)

    async def lock(self, table: str, key: Any) -> Any:
        """Lock a row that is there, and read it after that; nothing when there is none."""
        if self.get(table, key) is None:
            return None
        await self.store.take((table, key), self)
        return self.get(table, key)

    async def hold(self, name: str, key: Any) -> None:
        """Take an advisory lock until the end."""
        await self.store.take((name, key), self)

    async def insert(self, table: str, key: Any, row: Any) -> bool:
        """Write a new row; False when there is one, after waiting for whoever is writing it."""
        if self.get(table, key) is not None:
            return False
        await self.store.take((table, key), self)
        if self.get(table, key) is not None:
            return False
        self.writes[table, key] = row
        return True

    async def upsert(self, table: str, key: Any, row: Any) -> None:
        """Write a row, whether there is one or not."""
        if not await self.insert(table, key, row):
            await self.hold(table, key)
            self.put(table, key, row)

    def put(self, table: str, key: Any, row: Any) -> None:
        """Write a row that is locked."""
        self.writes[table, key] = row

    def drop(self, table: str, key: Any) -> None:
        """Delete a row that is locked."""
        self.writes[table, key] = _GONE

    def mark(self) -> tuple[dict[Key, Any], int]:
        """A savepoint."""
        return dict(self.writes), len(self.held)

    def back_to(self, savepoint: tuple[dict[Key, Any], int]) -> None:
        """Undo what was done since a savepoint, the locks too."""
        self.writes, kept = savepoint
        since, self.held = self.held[kept:], self.held[:kept]
        for key in since:
            self.store.give(key)

    def commit(self) -> None:
        """Let everybody see it, all at once."""
        store = self.store
        if self.writes:
            store.commits += 1
        for place, ((table, key), row) in enumerate(self.writes.items()):
            if row is _GONE:
                store.table(table).pop(key, None)
            else:
                store.table(table)[key] = row
                store.written_in.setdefault((table, key), (store.commits, place))
        self._end()

    def abort(self) -> None:
        """Leave nothing."""
        if not self.over:
            self.writes.clear()
            self._end()

    def _end(self) -> None:
        self.over = True
        held, self.held = self.held, []
        for key in held:
            self.store.give(key)
        if self.turn is not None and not self.turn.done():
            self.turn.set_exception(asyncpg.ConnectionDoesNotExistError("connection was closed"))
