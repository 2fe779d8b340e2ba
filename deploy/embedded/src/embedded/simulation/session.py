"""A pool and connections over a store, as the driver gives them: late, now and then lost."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol

import asyncpg

from embedded.simulation.store import Store, Transaction

type Statement = Callable[["Session", Transaction, tuple[Any, ...]], Awaitable[Any]]

#: What every statement of the services does to the rows; filled by `statements`.
STATEMENTS: Final[dict[str, Statement]] = {}


class UnknownStatement(LookupError):
    """The services have a statement that the simulation was not taught."""


class Host(Protocol):
    """The process that a session belongs to."""

    async def travel(self) -> None:
        """Let time pass for a message on its way; raises where the process is no more."""


def lost(detail: str = "connection was closed in the middle of operation") -> Exception:
    """What the driver says of a connection that is gone."""
    error: Exception = asyncpg.ConnectionDoesNotExistError(detail)
    return error


class Session:
    """One connection."""

    def __init__(self, store: Store, host: Host, pool: "Pool") -> None:
        """Connect to a store on behalf of a process."""
        self.store = store
        self.host = host
        self.transaction_open: Transaction | None = None
        self.dead = False
        self._pool = pool

    def is_closed(self) -> bool:
        """Whether it is gone."""
        return self.dead

    def die(self) -> None:
        """Lose the connection: the server rolls back and lets go of the locks."""
        self.dead = True
        if self.transaction_open:
            self.transaction_open.abort()
        self.unlock_all()

    def unlock_all(self) -> None:
        """Let go of the session's advisory locks."""
        for part in [part for part, owner in self.store.advisory.items() if owner is self]:
            del self.store.advisory[part]

    async def _run(self, sql: str, *argument_sets: tuple[Any, ...]) -> Any:
        statement = STATEMENTS.get(sql)
        if statement is None:
            raise UnknownStatement(f"teach embedded.simulation.statements: {sql.strip()[:200]}")
        await self._travel()
        implicit = self.transaction_open is None
        transaction = self.transaction_open or Transaction(self.store)
        result: Any = None
        try:
            for arguments in argument_sets:
                result = await statement(self, transaction, arguments)
        except BaseException:
            if implicit:
                transaction.abort()
            raise
        if self.dead:
            transaction.abort()
            raise lost()
        if implicit:
            await self._commit(transaction)
        return result

    async def _travel(self) -> None:
        await self.host.travel()
        if self.dead:
            raise lost()

    async def execute(self, sql: str, *arguments: Any) -> str:
        """Run a statement; how many rows it touched is the last word."""
        result = await self._run(sql, arguments)
        return f"DONE {len(result) if isinstance(result, list) else 0}"

    async def executemany(self, sql: str, arguments: Iterable[tuple[Any, ...]]) -> None:
        """Run a statement for each set of arguments."""
        await self._run(sql, *arguments)

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        """All rows."""
        rows: list[Any] = await self._run(sql, arguments)
        return rows

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        """The first row, or nothing."""
        rows = await self._run(sql, arguments)
        return rows[0] if rows else None

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        """The first value of the first row, or nothing."""
        row = await self.fetchrow(sql, *arguments)
        if row is None:
            return None
        return next(iter(row.values())) if isinstance(row, dict) else row[0]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """A transaction; within one, a savepoint."""
        outer = self.transaction_open
        if outer is not None:
            savepoint = outer.mark()
            try:
                yield
            except BaseException:
                if not outer.over:
                    outer.back_to(savepoint)
                raise
            return
        opened = self.transaction_open = Transaction(self.store)
        try:
            yield
            await self._commit(opened)
        except BaseException:
            opened.abort()
            raise
        finally:
            self.transaction_open = None

    async def _commit(self, opened: Transaction) -> None:
        """The moment of truth: it may be lost before it was done, or when it was done."""
        if self.transaction_open is opened:
            await self._travel()
        fault = self._pool.next_commit_fault()
        if fault != "before":
            opened.commit()
        if fault:
            opened.abort()
            self.die()
            raise lost()
        await self._travel()


class Pool:
    """What a process gets its connections from."""

    def __init__(self, store: Store, host: Host) -> None:
        """Over a store, for a process."""
        self.store = store
        #: In the order in which they were opened: those of a set would die in any.
        self.sessions: dict[Session, None] = {}
        self.away = False
        self._host = host
        self._idle: list[Session] = []
        self._commit_faults: list[str] = []

    async def acquire(self, *, timeout: float) -> Session:  # noqa: ARG002 - the driver's word
        """A connection.

        Raises:
            ConnectionRefusedError: The database is away.
        """
        await self._host.travel()
        if self.away:
            await asyncio.sleep(0.05)
            raise ConnectionRefusedError("the database is away")
        while self._idle:
            session = self._idle.pop()
            if not session.dead:
                return session
        session = Session(self.store, self._host, self)
        self.sessions[session] = None
        return session

    async def release(self, session: Session, *, timeout: float) -> None:  # noqa: ARG002 - as above
        """Give a connection back as it is: locks that its user forgot stay where they are."""
        if session.dead:
            self.sessions.pop(session, None)
        else:
            self._idle.append(session)

    def lose_next_commit(self, when: str) -> None:
        """Let the next commit's connection be lost `before` or `after` it is done."""
        self._commit_faults.append(when)

    def next_commit_fault(self) -> str | None:
        """What is to go wrong with the commit that is being made."""
        return self._commit_faults.pop() if self._commit_faults else None

    def die(self) -> None:
        """Lose every connection."""
        for session in list(self.sessions):
            session.die()
        self.sessions.clear()
        self._idle.clear()
