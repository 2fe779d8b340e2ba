"""The one way to hear messages: raw bytes in batches, decoded one by one, acknowledged after commit.

A batch runs in one transaction. If any message in it fails, each runs alone: an expected problem
is recorded as refused, a defect is tried three times and then goes to the dead letters, and what
is ours to retry is retried. No message harms its neighbours.
"""

import asyncio
import hashlib
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final

from contracts.cloudevents import Envelope, Undecodable, decode, read_headers
from contracts.messages import MESSAGES, Message
from contracts.topics import TOPICS, dead_letters
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from chassis import context, metrics
from chassis.database import Connection, Database, is_transient
from chassis.ids import new_id
from chassis.inbox import (
    INSERT_DEAD_LETTER,
    INSERT_OUTCOME,
    BatchHandler,
    Delivery,
    Handler,
    Position,
    first_seen,
    uuid7_day,
)
from chassis.logs import get_logger
from chassis.outbox import INSERT_EVENTS, part_of
from chassis.problems import Problem
from chassis.tracing import span

log = get_logger(__name__)

BATCH_MAX: Final = 500
TRIES_MAX: Final = 3
TRANSIENT_TRIES_MAX: Final = 20
_DEAD_TOPICS: Final = {topic.name: dead_letters(topic).name for topic in TOPICS}


@dataclass(frozen=True)
class Subscription:
    """What one slice hears, as one Kafka consumer group named `<service>.<slice>`.

    Attributes:
        group: Kafka group and inbox consumer name.
        handlers: A coroutine for each message type; types without one are passed over.
        batch: Instead of `handlers`: one coroutine that takes all new deliveries of a batch, for
            `messages`. It must be able to take a single one, too.
        messages: The types that `batch` takes.
    """

    group: str
    handlers: Mapping[type[Any], Handler[Any]] = field(default_factory=dict)
    batch: BatchHandler | None = None
    messages: tuple[type[Message], ...] = ()

    def types(self) -> frozenset[str]:
        """Names of the message types that are heard."""
        return frozenset(model.type_name() for model in (*self.handlers, *self.messages))

    def topics(self) -> list[str]:
        """Topics of those types."""
        return sorted({model.TOPIC for model in (*self.handlers, *self.messages)})


@dataclass(frozen=True, slots=True)
class _Broken:
    record: Any
    reason: str
    envelope: Envelope | None


class Consumer:
    """Handles the batches of one subscription."""

    def __init__(self, subscription: Subscription, database: Database) -> None:
        """Handle what `subscription` hears, with effects in `database`."""
        self.subscription = subscription
        self._database = database
        self._types = subscription.types()

    async def handle(self, records: Sequence[Any]) -> None:
        """Handle Kafka records; when it returns, every one is settled in the database."""
        started = time.perf_counter()
        group = self.subscription.group
        deliveries, broken = self._read(records)
        for item in broken:
            await self._persist(lambda conn, item=item: self._bury_broken(conn, item))
        if deliveries:
            try:
                await self._together(deliveries)
            except Exception as error:
                log.info("inbox.batch_split", group=group, size=len(deliveries), error=repr(error))
                for delivery in deliveries:
                    await self._alone(delivery)
        now = datetime.now(UTC)
        for delivery in deliveries:
            waited = (now - delivery.envelope.occurred_at).total_seconds()
            metrics.DELIVERY_SECONDS.labels(group).observe(max(waited, 0))
        metrics.INBOX_SECONDS.labels(group).observe(time.perf_counter() - started)

    def _read(self, records: Sequence[Any]) -> tuple[list[Delivery[Message]], list[_Broken]]:
        deliveries: list[Delivery[Message]] = []
        broken: list[_Broken] = []
        for record in records:
            envelope = None
            try:
                envelope = read_headers(record.headers)
                if envelope.type_name not in self._types and envelope.type_name in MESSAGES:
                    continue
                uuid7_day(envelope.event_id)
                message = decode(envelope, record.value)
                if message.TOPIC != record.topic:
                    raise Undecodable(f"{envelope.type_name} does not belong on {record.topic}")
            except ValueError as error:
                broken.append(_Broken(record, str(error), envelope))
                continue
            position = Position(record.topic, record.partition, record.offset)
            deliveries.append(Delivery(message, envelope, position, record.value))
        return deliveries, broken

    async def _together(self, deliveries: Sequence[Delivery[Message]]) -> None:
        async with self._database.transaction() as conn:
            fresh = await first_seen(conn, self.subscription.group, deliveries)
            await self._apply(conn, fresh)
        self._count("processed", len(fresh))
        self._count("ignored", len(deliveries) - len(fresh))

    async def _apply(self, conn: Connection, fresh: Sequence[Delivery[Message]]) -> None:
        if not fresh:
            return
        if self.subscription.batch is not None:
            with span(f"handle {self.subscription.group}", kind=SpanKind.CONSUMER):
                await self.subscription.batch(conn, fresh)
            return
        for delivery in fresh:
            handler = self.subscription.handlers[type(delivery.message)]
            with _in_context(delivery, self.subscription.group):
                await handler(conn, delivery.message)

    async def _alone(self, delivery: Delivery[Message]) -> None:
        """Settle one message: processed, refused or dead."""
        defects = 0
        waits = 0
        while True:
            try:
                await self._together([delivery])
            except Problem as problem:
                await self._persist(lambda conn: self._refuse(conn, delivery, problem))
                return
            except Exception as error:
                if is_transient(error):
                    waits += 1
                    if waits > TRANSIENT_TRIES_MAX:
                        raise
                    await asyncio.sleep(min(0.05 * 2**waits, 3.0))
                    continue
                defects += 1
                if defects < TRIES_MAX:
                    await asyncio.sleep(0.05 * 4**defects)
                    continue
                log.exception("inbox.failed", group=self.subscription.group, event_id=str(delivery.envelope.event_id))
                await self._persist(lambda conn: self._bury(conn, delivery, error))
                return
            else:
                return

    async def _persist(self, write: Any) -> None:
        """Record an outcome; the database being away only makes it wait."""
        for attempt in range(TRANSIENT_TRIES_MAX):
            try:
                async with self._database.transaction() as conn:
                    await write(conn)
            except Exception as error:
                if not is_transient(error) or attempt == TRANSIENT_TRIES_MAX - 1:
                    raise
                await asyncio.sleep(min(0.05 * 2**attempt, 3.0))
            else:
                return

    async def _refuse(self, conn: Connection, delivery: Delivery[Message], problem: Problem) -> None:
        await conn.execute(
            INSERT_OUTCOME,
            self.subscription.group,
            delivery.event_day,
            delivery.envelope.event_id,
            "REFUSED",
            f"{problem.slug()}: {problem.detail}",
        )
        self._count("refused", 1)

    async def _bury(self, conn: Connection, delivery: Delivery[Message], error: Exception) -> None:
        stack = "".join(traceback.format_exception(error))
        digest = hashlib.sha256(stack.encode()).hexdigest()[:16]
        headers = {"traceparent": delivery.envelope.traceparent or ""}
        await conn.execute(
            INSERT_OUTCOME,
            self.subscription.group,
            delivery.event_day,
            delivery.envelope.event_id,
            "FAILED",
            repr(error)[:500],
        )
        await self._insert_dead(
            conn,
            SimpleNamespace(
                topic=delivery.position.topic,
                partition=delivery.position.partition,
                offset=delivery.position.offset,
                value=delivery.payload,
            ),
            delivery.envelope,
            headers,
            repr(error)[:500],
            digest,
        )

    async def _bury_broken(self, conn: Connection, broken: _Broken) -> None:
        headers = {
            str(name): (value or b"").decode("utf-8", "replace")[:500]
            for name, value in broken.record.headers
        }
        await self._insert_dead(conn, broken.record, broken.envelope, headers, broken.reason, None)
        log.warning("inbox.undecodable", group=self.subscription.group, reason=broken.reason)

    async def _insert_dead(  # noqa: PLR0913 - one argument a column
        self,
        conn: Connection,
        record: Any,
        envelope: Envelope | None,
        headers: dict[str, str],
        reason: str,
        digest: str | None,
    ) -> None:
        trace_id = f"{trace.get_current_span().get_span_context().trace_id:032x}"
        inserted = await conn.execute(
            INSERT_DEAD_LETTER,
            self.subscription.group,
            record.topic,
            record.partition,
            record.offset,
            envelope.event_id if envelope else None,
            envelope.type_name if envelope else None,
            envelope.key if envelope else None,
            headers,
            record.value,
            reason,
            digest,
            envelope.traceparent.split("-")[1] if envelope and envelope.traceparent else trace_id,
        )
        if inserted.endswith(" 1"):
            await self._announce_dead(conn, record, envelope, reason)
            self._count("dead", 1)

    async def _announce_dead(
        self, conn: Connection, record: Any, envelope: Envelope | None, reason: str
    ) -> None:
        """The dead-letter topic hears of it through the outbox, like everything else."""
        key = envelope.key if envelope else f"{record.topic}/{record.partition}"
        headers = {
            "consumer": self.subscription.group,
            "reason": reason.encode("ascii", "replace").decode()[:500],
            "origin": f"{record.topic}/{record.partition}/{record.offset}",
            "ce_id": str(envelope.event_id) if envelope else "",
            "ce_type": envelope.type_name if envelope else "",
        }
        payload = (record.value or b"")[: 256 * 1024].decode("utf-8", "replace").replace("\x00", "")
        await conn.execute(
            INSERT_EVENTS,
            [new_id()],
            [_DEAD_TOPICS[record.topic]],
            [key],
            [part_of(key)],
            [headers],
            [payload],
        )

    def _count(self, outcome: str, count: int) -> None:
        if count:
            metrics.INBOX_MESSAGES.labels(self.subscription.group, outcome).inc(count)


class _in_context:  # noqa: N801 - used as a statement
    """Bind the ids of a delivery while it is handled, and unbind them after it."""

    def __init__(self, delivery: Delivery[Message], group: str) -> None:
        self._envelope = delivery.envelope
        self._span = span(
            f"{group} {delivery.envelope.type_name}",
            traceparent=delivery.envelope.traceparent,
            kind=SpanKind.CONSUMER,
        )

    def __enter__(self) -> None:
        self._correlation = context.correlation_id.set(self._envelope.correlation_id)
        self._causation = context.causation_id.set(str(self._envelope.event_id))
        self._span.__enter__()

    def __exit__(self, *error: Any) -> None:
        self._span.__exit__(*error)
        context.causation_id.reset(self._causation)
        context.correlation_id.reset(self._correlation)


def subscribe(broker: KafkaBroker, consumer: Consumer, instance: str) -> None:
    """Subscribe with the only settings under which no message is lost (see the module)."""
    group = consumer.subscription.group

    @broker.subscriber(
        *consumer.subscription.topics(),
        group_id=group,
        group_instance_id=f"{group}-{instance}",
        batch=True,
        max_records=BATCH_MAX,
        batch_timeout_ms=10,
        auto_offset_reset="earliest",
        session_timeout_ms=30_000,
        max_poll_interval_ms=300_000,
        ack_policy=AckPolicy.NACK_ON_ERROR,
        no_reply=True,
        parser=_parse_untouched,
        decoder=_decode_nothing,
    )
    async def handle(records: Any) -> None:
        await consumer.handle(records)


async def _parse_untouched(records: tuple[Any, ...], original: Any) -> Any:
    """FastStream decodes headers as UTF-8 and fails the batch on one bad byte: hide them from it."""
    bare = tuple(
        SimpleNamespace(value=b"", headers=(), offset=r.offset, timestamp=r.timestamp, topic=r.topic)
        for r in records
    )
    message = await original(bare)
    message.raw_message = records
    return message


async def _decode_nothing(message: Any) -> Any:
    return message.raw_message
