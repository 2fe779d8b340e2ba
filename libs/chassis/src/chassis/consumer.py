"""Handling what was delivered: a batch in one transaction, and each alone when the batch fails.

An expected problem is recorded as refused, a defect is tried three times and then goes to the
dead letters, what is ours to retry is retried. No message harms its neighbours.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from opentelemetry.trace import SpanKind

from chassis import context, metrics
from chassis.database import Connection, Database, is_transient
from chassis.dead_letters import DeadLetter, bury
from chassis.failpoints import reach
from chassis.inbox import INSERT_OUTCOME, Delivery, Position, first_seen
from chassis.logs import get_logger
from chassis.problems import Problem
from chassis.subscription import Subscription
from chassis.tracing import span
from contracts.cloudevents import Undecodable, decode, read_headers
from contracts.messages import MESSAGES, Message

log = get_logger(__name__)

TRIES_MAX: Final = 3
TRANSIENT_TRIES_MAX: Final = 20
PAUSE_MAX_SECONDS: Final = 3.0


class Consumer:
    """Handles the batches of one subscription."""

    def __init__(self, subscription: Subscription, database: Database) -> None:
        """Handle what `subscription` hears, with effects in `database`."""
        self.subscription = subscription
        self._database = database
        self._group = subscription.group
        self._types = subscription.types()

    async def handle(self, records: Sequence[Any]) -> None:
        """Handle Kafka records; when it returns, every one is settled in the database."""
        started = time.perf_counter()
        deliveries, broken = self._read(records)
        for letter in broken:
            log.warning("inbox.undecodable", group=self._group, reason=letter.reason)
            await self._bury(letter)
        if deliveries:
            try:
                # A dependency that turned a batch away as busy gets it whole again: one by one,
                # its messages would only make it busier.
                await _patiently(lambda: self._together(deliveries))
            except Exception as error:  # noqa: BLE001 - told apart when each runs alone
                log.info("inbox.split", group=self._group, size=len(deliveries), error=repr(error))
                for delivery in deliveries:
                    await self._alone(delivery)
        now = datetime.now(UTC)
        for delivery in deliveries:
            waited = (now - delivery.envelope.occurred_at).total_seconds()
            metrics.DELIVERY_SECONDS.labels(self._group).observe(max(waited, 0))
        metrics.INBOX_SECONDS.labels(self._group).observe(time.perf_counter() - started)
        await reach("inbox.before_offset")

    def _read(self, records: Sequence[Any]) -> tuple[list[Delivery[Message]], list[DeadLetter]]:
        deliveries: list[Delivery[Message]] = []
        broken: list[DeadLetter] = []
        for record in records:
            envelope = None
            try:
                envelope = read_headers(record.headers)
                if envelope.type_name not in self._types and envelope.type_name in MESSAGES:
                    continue
                Delivery.day_of(envelope.event_id)
                message = decode(envelope, record.value)
                if record.topic != message.TOPIC:
                    raise Undecodable(f"{envelope.type_name} does not belong on {record.topic}")
            except ValueError as error:
                broken.append(DeadLetter.undecodable(self._group, record, envelope, str(error)))
                continue
            position = Position(record.topic, record.partition, record.offset)
            headers = {name: value.decode("ascii") for name, value in record.headers}
            deliveries.append(Delivery(message, envelope, position, record.value, headers))
        return deliveries, broken

    async def _together(self, deliveries: Sequence[Delivery[Message]]) -> None:
        async with self._database.transaction() as conn:
            await reach("inbox.before_insert")
            fresh = await first_seen(conn, self._group, deliveries)
            await reach("inbox.after_insert")
            await self._apply(conn, fresh)
            await reach("inbox.after_effect")
        await reach("inbox.after_commit")
        if fresh and self.subscription.after_commit:
            self.subscription.after_commit(fresh)
        self._count("processed", len(fresh))
        self._count("ignored", len(deliveries) - len(fresh))

    async def _apply(self, conn: Connection, fresh: Sequence[Delivery[Message]]) -> None:
        if not fresh:
            return
        if self.subscription.batch is not None:
            with span(f"{self._group} batch", kind=SpanKind.CONSUMER):
                await self.subscription.batch(conn, fresh)
            return
        if self.subscription.prepare is not None:
            await self.subscription.prepare(conn, fresh)
        for delivery in fresh:
            with _in_context(delivery, self._group):
                await self.subscription.handlers[type(delivery.message)](conn, delivery.message)

    async def _alone(self, delivery: Delivery[Message]) -> None:
        """Settle one message: processed, refused or dead."""
        for attempt in range(1, TRIES_MAX + 1):
            try:
                await _patiently(lambda: self._together([delivery]))
            except Problem as problem:
                await self._refuse(delivery, f"{problem.slug()}: {problem.detail}")
                return
            except Exception as error:
                if is_transient(error):
                    raise
                if attempt == TRIES_MAX:
                    log.exception(
                        "inbox.failed", group=self._group, event_id=str(delivery.envelope.event_id)
                    )
                    await self._bury(DeadLetter.defective(self._group, delivery, error))
                    return
                await asyncio.sleep(0.05 * 4**attempt)
            else:
                return

    async def _refuse(self, delivery: Delivery[Message], reason: str) -> None:
        async def write() -> None:
            async with self._database.transaction() as conn:
                await conn.execute(
                    INSERT_OUTCOME,
                    self._group,
                    delivery.event_day,
                    delivery.envelope.event_id,
                    "REFUSED",
                    reason,
                )

        await _patiently(write)
        self._count("refused", 1)

    async def _bury(self, letter: DeadLetter) -> None:
        async def write() -> None:
            async with self._database.transaction() as conn:
                if await bury(conn, letter):
                    self._count("dead", 1)

        await _patiently(write)

    def _count(self, outcome: str, count: int) -> None:
        if count:
            metrics.INBOX_MESSAGES.labels(self._group, outcome).inc(count)


async def _patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Do it; the database being away or busy only makes it wait, up to about a minute."""
    for attempt in range(TRANSIENT_TRIES_MAX):
        try:
            await work()
        except Exception as error:
            if not is_transient(error) or attempt == TRANSIENT_TRIES_MAX - 1:
                raise
            await asyncio.sleep(min(0.05 * 2**attempt, PAUSE_MAX_SECONDS))
        else:
            return


@contextmanager
def _in_context(delivery: Delivery[Message], group: str) -> Iterator[None]:
    """Bind the ids of a delivery while it is handled: the consuming task is one for all."""
    envelope = delivery.envelope
    correlation = context.correlation_id.set(envelope.correlation_id)
    causation = context.causation_id.set(str(envelope.event_id))
    name = f"{group} {envelope.type_name}"
    try:
        with span(name, traceparent=envelope.traceparent, kind=SpanKind.CONSUMER):
            yield
    finally:
        context.causation_id.reset(causation)
        context.correlation_id.reset(correlation)
