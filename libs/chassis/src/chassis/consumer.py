"""Handling what was delivered: a batch in one transaction, and each alone when the batch fails.

An expected problem is recorded as refused, a defect is tried three times and then goes to the
dead letters, what is ours to retry is retried. No message harms its neighbours.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from opentelemetry.trace import SpanKind

from chassis import context, metrics
from chassis.database import EVERY_COMMUNITY, Connection, Database, is_transient
from chassis.dead_letters import DeadLetter, bury
from chassis.failpoints import reach
from chassis.inbox import UPSERT_OUTCOME, Delivery, first_seen
from chassis.logs import get_logger
from chassis.problems import Problem
from chassis.reading import read_records
from chassis.seals import UNSEALED, Seals
from chassis.subscription import Subscription
from chassis.tracing import span
from chassis.turns import Turns, advance_head, due, set_outcomes, take_turns, unpark
from contracts.messages import Message

log = get_logger(__name__)

TRIES_MAX: Final = 3
TRANSIENT_TRIES_MAX: Final = 20
PAUSE_MAX_SECONDS: Final = 3.0
CROWDED: Final = "too many messages wait for an earlier version of their aggregate"


class Consumer:
    """Handles the batches of one subscription."""

    def __init__(
        self, subscription: Subscription, database: Database, seals: Seals = UNSEALED
    ) -> None:
        """Handle what `subscription` hears and `seals` accept, with effects in `database`."""
        self.seals = seals
        self.subscription = subscription
        self.database = (
            database.reaching(EVERY_COMMUNITY) if subscription.every_community else database
        )
        self.group = subscription.group

    async def handle(self, records: Sequence[Any]) -> None:
        """Handle Kafka records; when it returns, every one is settled in the database."""
        if self.subscription.gives_way:
            await self.subscription.gives_way()
        started = time.perf_counter()
        read = read_records(records, self.subscription, self.seals)
        for letter in read.broken:
            log.warning("inbox.undecodable", group=self.group, reason=letter.reason)
            await self._bury(letter)
        if read.deliveries:
            await self._settle(read.deliveries)
        self.count("outdated", read.outdated)
        now = datetime.now(UTC)
        delivered = metrics.DELIVERY_SECONDS.labels(self.group)
        for delivery in read.deliveries:
            delivered.observe(max((now - delivery.envelope.occurred_at).total_seconds(), 0))
        metrics.INBOX_SECONDS.labels(self.group).observe(time.perf_counter() - started)
        await reach("inbox.before_offset")

    async def _settle(self, deliveries: Sequence[Delivery[Message]]) -> None:
        try:
            # A dependency that turned a batch away as busy gets it whole again: one by one,
            # its messages would only make it busier.
            moved = await _patiently(lambda: self._together(deliveries))
        except Exception as error:  # noqa: BLE001 - told apart when each runs alone
            log.info("inbox.split", group=self.group, size=len(deliveries), error=repr(error))
            moved = []
            for delivery in deliveries:
                await self._alone(delivery, partial(self._together, [delivery]))
                moved.append(delivery.envelope.key)
        if self.subscription.in_turn and moved:
            await self.drain(moved)

    async def _together(self, deliveries: Sequence[Delivery[Message]]) -> list[str]:
        """Handle what is new of a batch; returns the keys for which messages were waiting."""
        async with self.database.transaction() as conn:
            await reach("inbox.before_insert")
            fresh = await first_seen(conn, self.group, deliveries)
            await reach("inbox.after_insert")
            turns = Turns(ready=fresh)
            if self.subscription.in_turn and fresh:
                turns = await take_turns(conn, self.group, fresh)
                await reach("inbox.after_turns")
            await self.apply(conn, turns.ready)
            for delivery in turns.crowded:
                await bury(conn, DeadLetter.given_up(self.group, delivery, CROWDED))
            await reach("inbox.after_effect")
        await reach("inbox.after_commit")
        self.committed(turns.ready)
        self.count("ignored", len(deliveries) - len(fresh))
        self.count("parked", len(turns.early))
        self.count("stale", len(turns.stale))
        self.count("dead", len(turns.crowded))
        return turns.moved

    async def apply(self, conn: Connection, fresh: Sequence[Delivery[Message]]) -> None:
        """Give messages to the handlers, in the caller's transaction."""
        if not fresh:
            return
        if self.subscription.batch is not None:
            links = (delivery.envelope.traceparent for delivery in fresh)
            with span(f"{self.group} batch", kind=SpanKind.CONSUMER, links=links):
                await self.subscription.batch(conn, fresh)
            return
        if self.subscription.prepare is not None:
            await self.subscription.prepare(conn, fresh)
        for delivery in fresh:
            with _in_context(delivery, self.group):
                await self.subscription.handlers[type(delivery.message)](conn, delivery.message)

    def committed(self, fresh: Sequence[Delivery[Message]]) -> None:
        """Tell who waits in this process that effects are committed."""
        if fresh and self.subscription.after_commit:
            self.subscription.after_commit(fresh)
        self.count("processed", len(fresh))

    async def drain(self, keys: list[str] | None = None) -> int:
        """Handle parked messages whose turn has come, of some keys or of all; returns how many."""
        done = 0
        while True:
            async with self.database.connection() as conn:
                rows = await due(conn, self.group, keys)
            for row in rows:
                delivery = Delivery.kept(row)
                await self._alone(delivery, partial(self._take_parked, delivery))
            done += len(rows)
            if not rows:
                return done

    async def _take_parked(self, delivery: Delivery[Message]) -> None:
        async with self.database.transaction() as conn:
            if not await unpark(conn, self.group, delivery):
                return
            await reach("inbox.after_unpark")
            turns = await take_turns(conn, self.group, [delivery])
            await set_outcomes(conn, self.group, turns.ready, "PROCESSED", None)
            await self.apply(conn, turns.ready)
        self.committed(turns.ready)

    async def _alone(self, delivery: Delivery[Message], work: Callable[[], Awaitable[Any]]) -> None:
        """Settle one message: processed, refused or dead."""
        for attempt in range(1, TRIES_MAX + 1):
            try:
                await _patiently(work)
            except Problem as problem:
                await self._refuse(delivery, f"{problem.slug()}: {problem.detail}")
                return
            except Exception as error:
                if is_transient(error):
                    raise
                if attempt == TRIES_MAX:
                    log.exception(
                        "inbox.failed", group=self.group, event_id=str(delivery.envelope.event_id)
                    )
                    await self._bury(DeadLetter.defective(self.group, delivery, error), delivery)
                    return
                await asyncio.sleep(0.05 * 4**attempt)
            else:
                return

    async def _refuse(self, delivery: Delivery[Message], reason: str) -> None:
        async def write() -> None:
            async with self.database.transaction() as conn:
                await refuse(conn, self.subscription, delivery, reason)

        await _patiently(write)
        self.count("refused", 1)

    async def _bury(self, letter: DeadLetter, delivery: Delivery[Message] | None = None) -> None:
        async def write() -> None:
            async with self.database.transaction() as conn:
                if self.subscription.in_turn and delivery is not None:
                    await unpark(conn, self.group, delivery)
                if await bury(conn, letter):
                    self.count("dead", 1)

        await _patiently(write)

    def count(self, outcome: str, count: int) -> None:
        """Count messages by outcome."""
        if count:
            metrics.INBOX_MESSAGES.labels(self.group, outcome).inc(count)


async def refuse(
    conn: Connection, subscription: Subscription, delivery: Delivery[Message], reason: str
) -> None:
    """Record an expected problem as the outcome; nothing behind the message waits for it."""
    event_id = delivery.envelope.event_id
    group = subscription.group
    if subscription.in_turn:
        await unpark(conn, group, delivery)
        await advance_head(conn, group, delivery)
    await conn.execute(UPSERT_OUTCOME, group, delivery.event_day, event_id, "REFUSED", reason)


async def _patiently[T](work: Callable[[], Awaitable[T]]) -> T:
    """Do it; the database being away or busy only makes it wait, up to about a minute."""
    for attempt in range(TRANSIENT_TRIES_MAX):
        try:
            return await work()
        except Exception as error:
            if not is_transient(error) or attempt == TRANSIENT_TRIES_MAX - 1:
                raise
            await asyncio.sleep(min(0.05 * 2**attempt, PAUSE_MAX_SECONDS))
    raise AssertionError


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
