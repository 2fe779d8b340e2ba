"""The pool, and transactions as the edges open them."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from decimal import Decimal
from typing import Final, Self

import asyncpg
import orjson
from asyncpg.pool import PoolConnectionProxy

from chassis import context
from chassis.metrics import POOL_WAIT_SECONDS
from chassis.problems import Transient
from chassis.settings import ServiceSettings
from chassis.tls import database_context

POOL_CLOSE_SECONDS: Final = 3.0
CONNECT_TRIES: Final = 120
#: What the policies of tables with communities look at, until the transaction ends.
SET_COMMUNITY: Final = "SELECT set_config('localex.community', $1, true)"
#: For work that is nobody's request: whoever uses it says so where it is declared.
EVERY_COMMUNITY: Final = "*"

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


def is_unkeepable(error: BaseException) -> bool:
    """Whether text was sent that no row can hold, such as U+0000."""
    return isinstance(
        error, (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
    )


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
    """A pool of connections as the service's own role, and the wake-up of its relay.

    Where tables keep communities apart, every transaction is told whose rows it may see: those of
    the caller's community, or what `reaching` says. Told nothing, it sees none.
    """

    def __init__(self, pool: asyncpg.Pool, *, by_community: bool = False) -> None:
        """Wrap an open pool.

        Args:
            pool: Of the service's role.
            by_community: Whether its tables keep communities apart.
        """
        self.pool = pool
        #: Set after each commit, so that the relay need not wait for its next poll.
        self.committed = asyncio.Event()
        self._by_community = by_community
        #: Whose rows it sees, whoever calls; the caller's while nothing is said.
        self.reach: str | None = None

    def reaching(self, community: str) -> Self:
        """The same database for one community, or for `EVERY_COMMUNITY`, whoever calls."""
        other = copy(self)
        other.reach = community
        return other

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for reads; outside any transaction, unless a community is kept to.

        Raises:
            Transient: No connection could be had in time.
        """
        async with self._acquire() as conn:
            if self._by_community:
                async with self._within(conn):
                    yield conn
            else:
                yield conn

    @asynccontextmanager
    async def kept_connection(self) -> AsyncIterator[Connection]:
        """A connection to hold for long, outside any transaction; it sees no community's rows.

        Raises:
            Transient: No connection could be had in time.
        """
        async with self._acquire() as conn:
            yield conn

    @asynccontextmanager
    async def _within(self, conn: Connection) -> AsyncIterator[None]:
        """A transaction that knows whose rows it may see; the next on this connection does not."""
        async with conn.transaction():
            if self._by_community:
                community = self.reach or context.community.get()
                if community is not None:
                    await conn.execute(SET_COMMUNITY, community)
            yield

    @asynccontextmanager
    async def _acquire(self) -> AsyncIterator[Connection]:
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
        async with self._acquire() as conn, self._within(conn):
            yield conn
        self.committed.set()

    @asynccontextmanager
    async def at_once(self) -> AsyncIterator[Connection]:
        """A connection for one statement that is a transaction by itself: one round trip.

        Not where communities are kept apart: there it takes what telling the community takes.

        Raises:
            Transient: No connection could be had in time.
        """
        async with self.connection() as conn:
            yield conn
        self.committed.set()


@asynccontextmanager
async def open_database(
    settings: ServiceSettings, *, by_community: bool = False
) -> AsyncIterator[Database]:
    """Open the pool, waiting up to a minute for a database that is away."""
    pool = await _connect_patiently(settings)
    try:
        yield Database(pool, by_community=by_community)
    finally:
        try:
            await asyncio.wait_for(pool.close(), timeout=POOL_CLOSE_SECONDS)
        except TimeoutError:
            pool.terminate()


async def _connect_patiently(settings: ServiceSettings) -> asyncpg.Pool:
    for attempt in range(CONNECT_TRIES):
        try:
            return await _create_pool(settings)
        except ssl.SSLCertVerificationError:
            # Waiting makes nobody out of somebody else.
            raise
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
    url = settings.database_url.get_secret_value()
    return await asyncpg.create_pool(
        url,
        min_size=settings.pool_min,
        max_size=settings.pool_max,
        timeout=settings.connect_timeout_seconds,
        command_timeout=5,
        max_inactive_connection_lifetime=settings.pool_idle_seconds,
        init=prepare_connection,
        reset=leave_as_it_is,
        server_settings={"application_name": settings.service, "jit": "off", "timezone": "UTC"},
        **database_context(url, settings.ca_file),
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
