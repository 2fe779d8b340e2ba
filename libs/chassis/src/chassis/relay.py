"""The relay: sends committed outbox rows to Kafka, in id order, one active relay a key partition.

A part is owned by holding an advisory lock on the relay's own connection, so that a lost
connection gives it up. Rows are sent without waiting for each; what Kafka acknowledged is
marked, a prefix for each key, so that a key's events never overtake each other. A part is read
through its own index range: with all parts in one, each batch would sort the whole backlog.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from aiokafka.errors import (
    KafkaError,
    MessageSizeTooLargeError,
    OutOfOrderSequenceNumber,
    ProducerClosed,
    UnknownProducerId,
)

from chassis import metrics
from chassis.database import Database, is_transient
from chassis.failpoints import reach
from chassis.logs import get_logger
from chassis.outbox import PARTS
from chassis.sending import NotSent, Sender

log = get_logger(__name__)

BATCH_MAX: Final = 3200
POLL_SECONDS: Final = 0.05
CLAIM_SECONDS: Final = 1.0
ATTEMPTS_MAX: Final = 3
#: What Kafka will not have, whoever sends it.
REFUSED: Final = (MessageSizeTooLargeError, ValueError, TypeError, AttributeError)
#: What an idempotent producer does not get over by itself.
WEDGED: Final = (OutOfOrderSequenceNumber, ProducerClosed, UnknownProducerId)

CLAIM_PARTS: Final = """
SELECT part FROM unnest($1::integer []) AS part
WHERE pg_try_advisory_lock(hashtext(current_schema() || '.outbox'), part)
"""
SELECT_PENDING: Final = """
SELECT pending.id, pending.created_at, pending.topic, pending.key, pending.part,
    pending.headers, pending.payload, pending.attempts
FROM unnest($1::smallint []) AS owned (part)
CROSS JOIN LATERAL (
    SELECT id, created_at, topic, key, part, headers::text AS headers, payload, attempts
    FROM outbox
    WHERE outbox.part = owned.part AND published_at IS NULL AND failed_at IS NULL
    ORDER BY id LIMIT $2
) AS pending
"""
MARK_PUBLISHED: Final = """
UPDATE outbox SET published_at = clock_timestamp()
FROM unnest($1::timestamptz [], $2::bigint []) AS sent (created_at, id)
WHERE outbox.created_at = sent.created_at AND outbox.id = sent.id
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

    def __init__(self, database: Database, sender: Sender) -> None:
        """Read from `database`, send through `sender`."""
        self._database = database
        self._sender = sender
        self._stopping = asyncio.Event()
        self._owned: list[int] = []

    def stop(self) -> None:
        """Send what has been said until now, a batch of it at most, then end."""
        self._stopping.set()
        self._database.committed.set()

    async def run(self) -> None:
        """Relay until stopped; a lost database or broker only pauses it."""
        pause = 0.1
        while not self._stopping.is_set():
            try:
                async with self._database.kept_connection() as conn:
                    pause = 0.1
                    await self._relay_on(conn)
            except Exception as error:
                if not is_transient(error) and not isinstance(error, KafkaError):
                    log.exception("relay.failed")
                else:
                    log.warning("relay.paused", error=repr(error), pause_seconds=pause)
                await self._wait(pause)
                pause = min(pause * 2, 5.0)
                if isinstance(error, WEDGED):
                    await self._renew()
            finally:
                self._own([])

    async def _relay_on(self, conn: Any) -> None:
        # A mark that a crash undoes is a message sent twice, which the inbox bears: not worth
        # waiting for the disk.
        await conn.execute("SET synchronous_commit = off")
        try:
            next_claim = 0.0
            loop = asyncio.get_running_loop()
            last = False
            while not last:
                # Read before the look: what was said while a batch was on its way is in the last.
                last = self._stopping.is_set()
                if loop.time() >= next_claim:
                    await self._claim(conn)
                    next_claim = loop.time() + CLAIM_SECONDS
                self._database.committed.clear()
                if not await self._publish_batch(conn) and not last:
                    await self._wait(POLL_SECONDS)
        finally:
            if not conn.is_closed():
                await conn.execute("SELECT pg_advisory_unlock_all()")
                await conn.execute("RESET synchronous_commit")

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._database.committed.wait(), seconds)

    async def _claim(self, conn: Any) -> None:
        missing = [part for part in range(PARTS) if part not in self._owned]
        if missing:
            rows = await conn.fetch(CLAIM_PARTS, missing)
            self._own([*self._owned, *(row["part"] for row in rows)])
            await reach("relay.after_claim")
        backlog = await conn.fetchrow(SELECT_BACKLOG)
        metrics.OUTBOX_PENDING.set(backlog["pending"])
        metrics.OUTBOX_OLDEST_SECONDS.set(backlog["oldest_seconds"])

    def _own(self, parts: list[int]) -> None:
        for part in {*self._owned, *parts}:
            metrics.OUTBOX_PART_OWNED.labels(part).set(part in parts)
        metrics.OUTBOX_PARTS_OWNED.set(len(parts))
        self._owned = parts

    async def _renew(self) -> None:
        log.warning("relay.renewed")
        try:
            await self._sender.renew()
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("kafka.away", error=repr(error))

    async def _publish_batch(self, conn: Any) -> bool:
        """Send what is pending in the owned parts; returns whether there may be more."""
        if not self._owned:
            return False
        share = BATCH_MAX // len(self._owned)
        rows = await conn.fetch(SELECT_PENDING, self._owned, share)
        if not rows:
            return False
        await reach("relay.after_select")
        errors = await self._sender.send(rows)
        await reach("relay.after_acknowledged")
        done, failed = acknowledged_prefix(rows, errors)
        if done:
            await conn.execute(
                MARK_PUBLISHED, [row["created_at"] for row in done], [row["id"] for row in done]
            )
            metrics.OUTBOX_PUBLISHED.inc(len(done))
            await reach("relay.after_mark")
        for row_id, error in failed:
            if not isinstance(error, NotSent):
                metrics.OUTBOX_ERRORS.labels(type(error).__name__).inc()
            if isinstance(error, REFUSED):
                await self._count_attempt(conn, row_id, error)
        for _, error in failed:
            # A broker that is away is no fault of the row; a row that it refuses is.
            if not isinstance(error, (*REFUSED, NotSent)):
                raise error
        fullest = Counter(row["part"] for row in rows).most_common(1)[0][1]
        return bool(failed) or fullest == share

    async def _count_attempt(self, conn: Any, row_id: int, error: BaseException) -> None:
        await reach("relay.before_attempt")
        gone = await conn.fetchval(MARK_ATTEMPT, self._owned, row_id, repr(error), ATTEMPTS_MAX)
        await reach("relay.after_attempt")
        if gone:
            metrics.OUTBOX_FAILED.inc()
            log.error("outbox.failed", outbox_id=row_id, error=repr(error))


def acknowledged_prefix(
    rows: Sequence[Any], errors: Sequence[BaseException | None]
) -> tuple[list[Any], list[tuple[int, BaseException]]]:
    """Split a sent batch into rows to mark and the first failure of each key.

    Rows behind a failed one of the same key count as not sent: they are sent again, after it.
    """
    done: list[Any] = []
    failed: list[tuple[int, BaseException]] = []
    blocked: set[str] = set()
    for row, error in zip(rows, errors, strict=True):
        if row["key"] in blocked:
            continue
        if error is None:
            done.append(row)
        else:
            blocked.add(row["key"])
            failed.append((row["id"], error))
    return done, failed
