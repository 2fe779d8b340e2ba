"""Log queries, without making anybody wait."""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from prometheus_client import Counter

from chassis.database import Database
from chassis.logs import get_logger
from search.analytics.lifecycle import sign_search
from search.analytics.queries import INSERT_QUERIES, select_salt

log = get_logger(__name__)

#: A log that can't be written loses its oldest lines rather than memory.
WAITING_MAX: Final = 5_000
FLUSH_SECONDS: Final = 1.0
BATCH_MAX: Final = 500

QUERIES_LOST: Final = Counter("localex_search_queries_unlogged", "Log lines given up")


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """One search as it was asked and answered."""

    query_id: UUID
    searched_at: datetime
    user_id: UUID
    community: str
    q: str
    #: What was asked besides the words, as far as it is not the usual.
    filters: dict[str, Any]
    #: Whether this was a further page of an earlier search.
    page: bool
    hits: int
    tolerant: bool
    took_ms: int


class QueryLog:
    """Collects records and writes them together, once a second."""

    def __init__(self, database: Database) -> None:
        """Write to `database`."""
        self.database = database
        self._waiting: deque[QueryRecord] = deque(maxlen=WAITING_MAX)
        self._salt: bytes | None = None

    @classmethod
    @asynccontextmanager
    async def open(cls, database: Database) -> AsyncIterator["QueryLog"]:
        """Write every second until the block ends, and what is left then."""
        made = cls(database)
        writer = asyncio.create_task(made._run())
        try:
            yield made
        finally:
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
            await made.flush()

    async def salt(self) -> bytes:
        """What searches are signed with; it never changes."""
        if self._salt is None:
            async with self.database.connection() as conn:
                self._salt = await select_salt(conn)
        return self._salt

    async def sign(self, query_id: UUID, user_id: UUID) -> str | None:
        """The token for clicks; none while the database is away, which no search waits for."""
        try:
            return sign_search(await self.salt(), query_id, user_id)
        except Exception as error:  # noqa: BLE001 - a click is never worth a failed search
            log.warning("query_log.not_signed", error=repr(error))
            return None

    def add(self, record: QueryRecord) -> None:
        """Keep a record for the next write."""
        if len(self._waiting) == WAITING_MAX:
            QUERIES_LOST.inc()
        self._waiting.append(record)

    async def flush(self) -> None:
        """Write what waits; a database that is away costs the lines, never the search."""
        while self._waiting:
            count = min(len(self._waiting), BATCH_MAX)
            records = [self._waiting.popleft() for _ in range(count)]
            try:
                await self._write(records)
            except Exception as error:  # noqa: BLE001 - a log line is never worth a failed search
                QUERIES_LOST.inc(len(records))
                log.warning("query_log.lost", count=len(records), error=repr(error))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    async def _write(self, records: Sequence[QueryRecord]) -> None:
        columns = zip(
            *(
                (
                    record.query_id,
                    record.searched_at,
                    record.user_id,
                    record.community,
                    record.q,
                    record.filters,
                    record.page,
                    record.hits,
                    record.tolerant,
                    record.took_ms,
                )
                for record in records
            ),
            strict=True,
        )
        async with self.database.transaction() as conn:
            await conn.execute(INSERT_QUERIES, *(list(column) for column in columns))
