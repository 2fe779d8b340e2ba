"""The pool, and transactions as the edges open them."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Final

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from chassis.metrics import POOL_WAIT_SECONDS
from chassis.problems import Transient
from chassis.settings import ServiceSettings

CONNECT_TRIES: Final = 120

type Connection = asyncpg.Connection | PoolConnectionProxy

_TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    # What a pooled connection says whose server ended it while it was idle.
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    ConnectionError,
    TimeoutError,
    OSError,
)


def is_transient(error: BaseException) -> bool:
    """Whether trying again may help: a lost connection, a deadlock, a time-out."""
    return isinstance(error, (Transient, *_TRANSIENT))


def _read_numeric(text: str) -> int | Decimal:
    return Decimal(text) if "." in text or "N" in text else int(text)


async def prepare_connection(conn: asyncpg.Connection) -> None:
    """Teach a connection our types: NUMERIC of scale 0 is `int`, JSONB goes through orjson."""
    await conn.set_type_codec(
        "numeric", schema="pg_catalog", encoder=str, decoder=_read_numeric, format="text"
    )
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: orjson.dumps(value, default=str).decode(),
        decoder=orjson.loads,
        format="text",
    )


class Database:
    """A pool of connections as the service's own role, and the wake-up of its relay."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Wrap an open pool."""
        self.pool = pool
        #: Set after each commit, so that the relay need not wait for its next poll.
        self.committed = asyncio.Event()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection outside any transaction, for reads.

        Raises:
            Transient: No connection could be had in time.
        """
        started = time.perf_counter()
        try:
            conn = await self.pool.acquire(timeout=2)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Transient(f"the database gave no connection: {type(error).__name__}") from error
        POOL_WAIT_SECONDS.observe(time.perf_counter() - started)
        try:
            yield conn
        finally:
            await self.pool.release(conn, timeout=2)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One request or message: committed at the end, rolled back by any exception.

        Raises:
            Transient: No connection could be had in time.
        """
        async with self.connection() as conn, conn.transaction():
            yield conn
        self.committed.set()

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[Connection]:
        """A connection for one statement that is a transaction by itself: one round trip.

        Raises:
            Transient: No connection could be had in time.
        """
        async with self.connection() as conn:
            yield conn
        self.committed.set()


@asynccontextmanager
async def open_database(settings: ServiceSettings) -> AsyncIterator[Database]:
    """Open the pool, waiting up to a minute for a database that is away."""
    pool = await _connect_patiently(settings)
    try:
        yield Database(pool)
    finally:
        try:
            await asyncio.wait_for(pool.close(), timeout=5)
        except TimeoutError:
            pool.terminate()


async def _connect_patiently(settings: ServiceSettings) -> asyncpg.Pool:
    for attempt in range(CONNECT_TRIES):
        try:
            return await _create_pool(settings)
        except (OSError, TimeoutError, asyncpg.PostgresError) as error:
            if attempt == CONNECT_TRIES - 1 or not is_transient(error):
                raise
            await asyncio.sleep(0.5)
    raise AssertionError


async def leave_as_it_is(_conn: object) -> None:
    """Between users a connection is left as it is: it saves a round trip for each transaction.

    An open transaction is still rolled back. Nobody may leave anything else behind: settings are
    `SET LOCAL`, and whoever takes a lock for the session gives it back.
    """


async def _create_pool(settings: ServiceSettings) -> asyncpg.Pool:
    return await asyncpg.create_pool(
        settings.database_url.get_secret_value(),
        min_size=settings.pool_min,
        max_size=settings.pool_max,
        timeout=settings.connect_timeout_seconds,
        command_timeout=5,
        max_inactive_connection_lifetime=settings.pool_idle_seconds,
        init=prepare_connection,
        reset=leave_as_it_is,
        server_settings={"application_name": settings.service, "jit": "off", "timezone": "UTC"},
    )


@asynccontextmanager
async def open_connection(url: str, name: str) -> AsyncIterator[Connection]:
    """One connection outside any pool, for a job that has it to itself.

    Args:
        url: The database.
        name: What the connection is called among others.
    """
    conn = await asyncpg.connect(
        url,
        timeout=5,
        server_settings={"application_name": name, "jit": "off", "timezone": "UTC"},
    )
    try:
        await prepare_connection(conn)
        yield conn
    finally:
        await conn.close(timeout=5)
