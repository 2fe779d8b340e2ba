"""The relay: sends committed outbox rows to Kafka, in id order, one active relay a key partition.

A part is owned by holding an advisory lock on the relay's own connection, so that a lost
connection gives it up. Rows are sent without waiting for each; what Kafka acknowledged is
marked, a prefix for each key, so that a key's events never overtake each other.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
import orjson
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faststream.kafka import KafkaBroker

from chassis import metrics
from chassis.database import Database, is_transient
from chassis.failpoints import reach
from chassis.logs import get_logger
from chassis.outbox import PARTS

log = get_logger(__name__)

BATCH_MAX: Final = 500
POLL_SECONDS: Final = 0.05
CLAIM_SECONDS: Final = 1.0
ATTEMPTS_MAX: Final = 3

CLAIM_PARTS: Final = """
SELECT part FROM unnest($1::integer []) AS part
WHERE pg_try_advisory_lock(hashtext(current_schema() || '.outbox'), part)
"""
SELECT_PENDING: Final = """
SELECT id, topic, key, part, headers::text AS headers, payload, attempts FROM outbox
WHERE part = ANY($1::smallint []) AND published_at IS NULL AND failed_at IS NULL
ORDER BY id LIMIT $2
"""
MARK_PUBLISHED: Final = """
UPDATE outbox SET published_at = clock_timestamp()
WHERE part = ANY($1::smallint []) AND id = ANY($2::bigint [])
    AND published_at IS NULL AND failed_at IS NULL
"""
MARK_ATTEMPT: Final = """
UPDATE outbox SET attempts = attempts + 1, last_error = $3,
    failed_at = CASE WHEN attempts + 1 >= $4 THEN clock_timestamp() END
WHERE part = ANY($1::smallint []) AND id = $2 AND published_at IS NULL
RETURNING failed_at
"""
SELECT_BACKLOG: Final = """
SELECT count(*) AS pending,
    coalesce(extract(EPOCH FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest_seconds
FROM outbox WHERE part BETWEEN 0 AND 15 AND published_at IS NULL AND failed_at IS NULL
"""


class Relay:
    """Publishes one service's outbox until it is stopped."""

    def __init__(self, database: Database, broker: KafkaBroker) -> None:
        """Use `broker` for sending only; it may be started later than the relay."""
        self._database = database
        self._broker = broker
        self._stopping = asyncio.Event()
        self._owned: list[int] = []

    def stop(self) -> None:
        """Finish the batch in progress, then end."""
        self._stopping.set()
        self._database.committed.set()

    async def run(self) -> None:
        """Relay until stopped; a lost database or broker only pauses it."""
        pause = 0.1
        while not self._stopping.is_set():
            try:
                async with self._database.connection() as conn:
                    pause = 0.1
                    await self._relay_on(conn)
            except Exception as error:
                if not is_transient(error) and not isinstance(error, KafkaError):
                    log.exception("relay.failed")
                else:
                    log.warning("relay.paused", error=repr(error), pause_seconds=pause)
                await self._wait(pause)
                pause = min(pause * 2, 5.0)
            finally:
                self._owned = []
                metrics.OUTBOX_PARTS_OWNED.set(0)

    async def _relay_on(self, conn: Any) -> None:
        try:
            next_claim = 0.0
            loop = asyncio.get_running_loop()
            while not self._stopping.is_set():
                if loop.time() >= next_claim:
                    await self._claim(conn)
                    next_claim = loop.time() + CLAIM_SECONDS
                self._database.committed.clear()
                if await self._publish_batch(conn) < BATCH_MAX:
                    await self._wait(POLL_SECONDS)
        finally:
            if not conn.is_closed():
                await conn.execute("SELECT pg_advisory_unlock_all()")

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._database.committed.wait(), seconds)

    async def _claim(self, conn: Any) -> None:
        missing = [part for part in range(PARTS) if part not in self._owned]
        if missing:
            rows = await conn.fetch(CLAIM_PARTS, missing)
            self._owned += [row["part"] for row in rows]
            metrics.OUTBOX_PARTS_OWNED.set(len(self._owned))
            await reach("relay.after_claim")
        backlog = await conn.fetchrow(SELECT_BACKLOG)
        metrics.OUTBOX_PENDING.set(backlog["pending"])
        metrics.OUTBOX_OLDEST_SECONDS.set(backlog["oldest_seconds"])

    async def _publish_batch(self, conn: Any) -> int:
        """Send what is pending in the owned parts; returns how many rows there were."""
        if not self._owned:
            return 0
        rows = await conn.fetch(SELECT_PENDING, self._owned, BATCH_MAX)
        if not rows:
            return 0
        await reach("relay.after_select")
        errors = await self._send(rows)
        await reach("relay.after_acknowledged")
        done, failed = acknowledged_prefix(rows, errors)
        if done:
            await conn.execute(MARK_PUBLISHED, self._owned, done)
            metrics.OUTBOX_PUBLISHED.inc(len(done))
            await reach("relay.after_mark")
        for row_id, error in failed:
            await self._count_attempt(conn, row_id, error)
        return len(rows)

    async def _send(self, rows: Sequence[asyncpg.Record]) -> list[BaseException | None]:
        sent: list[asyncio.Future[Any]] = []
        for row in rows:
            try:
                acknowledgement = await self._broker.publish(
                    row["payload"].encode(),
                    row["topic"],
                    key=row["key"].encode(),
                    headers=orjson.loads(row["headers"]),
                    no_confirm=True,
                )
            except (MessageSizeTooLargeError, ValueError, TypeError) as error:
                acknowledgement = asyncio.get_running_loop().create_future()
                acknowledgement.set_exception(error)
            sent.append(acknowledgement)
            await reach("relay.between_sends")
        await reach("relay.after_send")
        results = await asyncio.gather(*sent, return_exceptions=True)
        return [result if isinstance(result, BaseException) else None for result in results]

    async def _count_attempt(self, conn: Any, row_id: int, error: BaseException) -> None:
        """A broker that is away is no fault of the row; a row that it refuses is."""
        if not isinstance(error, MessageSizeTooLargeError | ValueError | TypeError):
            raise error
        gone = await conn.fetchval(MARK_ATTEMPT, self._owned, row_id, repr(error), ATTEMPTS_MAX)
        if gone:
            metrics.OUTBOX_FAILED.inc()
            log.error("outbox.failed", outbox_id=row_id, error=repr(error))


def acknowledged_prefix(
    rows: Sequence[Any], errors: Sequence[BaseException | None]
) -> tuple[list[int], list[tuple[int, BaseException]]]:
    """Split a sent batch into ids to mark and the first failure of each key.

    Rows behind a failed one of the same key count as not sent: they are sent again, after it.
    """
    done: list[int] = []
    failed: list[tuple[int, BaseException]] = []
    blocked: set[str] = set()
    for row, error in zip(rows, errors, strict=True):
        if row["key"] in blocked:
            continue
        if error is None:
            done.append(row["id"])
        else:
            blocked.add(row["key"])
            failed.append((row["id"], error))
    return done, failed
