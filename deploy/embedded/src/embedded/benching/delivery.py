"""How fast events are delivered: the relay from a backlog, the inbox, and one event at a time.

Messages are sealed and seals are checked, as everywhere. The bare client library sends and reads
the same messages in the same run: on a busy machine the ratio to it says more than the figure.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Final
from uuid import UUID

import orjson
from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from chassis.broker import kafka_broker
from chassis.consumer import Consumer
from chassis.database import Connection, Database, open_database
from chassis.ids import new_id
from chassis.inbox import Delivery
from chassis.outbox import Cause, PreparedEvents, prepare_events, write_events
from chassis.problems import Transient
from chassis.process import ENSURE_PARTITIONS
from chassis.relay import Relay
from chassis.seals import HEADER as SEAL
from chassis.seals import Seals
from chassis.sending import KafkaSender
from chassis.settings import ServiceSettings
from chassis.subscribe import subscribe
from chassis.subscription import Subscription
from contracts.ledger import AccountOpened
from contracts.messages import Message
from embedded.benching.bare import raw_one_by_one, raw_read, raw_send, reader
from embedded.benching.figures import Figure, quantile

KEYS: Final = 2_000
CHUNK: Final = 5_000
PATIENCE_SECONDS: Final = 300
TRIES_MAX: Final = 20
#: What the inbox gave up, as a reader of its database sees it.
SELECT_REFUSED: Final = "SELECT reason FROM dead_letter WHERE consumer = $1"
COUNT_PENDING: Final = (
    "SELECT count(*) FROM outbox WHERE published_at IS NULL AND failed_at IS NULL"
)


class _Ledger(ServiceSettings):
    service: ClassVar[str] = "ledger"


class _Gateway(ServiceSettings):
    service: ClassVar[str] = "gateway"


def _settings(kind: type[ServiceSettings], given: dict[str, str]) -> ServiceSettings:
    return kind(
        database_url=SecretStr(given[f"{kind.service.upper()}_DATABASE_URL"]),
        kafka_servers=given["LOCALEX_KAFKA_SERVERS"],
        instance="bench",
        http_port=1,
        internal_jwks_file=Path("unused"),
        message_keys_file=Path(given["LOCALEX_MESSAGE_KEYS_FILE"]),
    )


async def measure_delivery(
    given: dict[str, str], *, events: int, rate: int, seconds: float
) -> list[Figure]:
    """Measure on running engines that nobody else uses.

    Args:
        given: The settings of the stack.
        events: Size of the backlog.
        rate: Events a second, one a transaction, for the times.
        seconds: How long they are sent.

    Raises:
        AssertionError: A key's order was broken, an event is missing or has no seal, or a message
            that nobody sealed was taken.
    """
    says, hears = _settings(_Ledger, given), _settings(_Gateway, given)
    async with open_database(says) as outbox, open_database(hears) as inbox:
        for database in (outbox, inbox):
            await database.pool.fetchval(ENSURE_PARTITIONS, datetime.now(UTC).date())
        bare_times = await raw_one_by_one(hears, rate, seconds / 3)
        times = await _one_by_one(outbox, inbox, (says, hears), rate, seconds)
        prepared = [_prepare(number, events) for number in range(0, events, CHUNK)]
        bare_sent = await raw_send(says, prepared)
        bare_read = await raw_read(hears, events)
        relayed, relay_cpu = await _relay_backlog(outbox, says, prepared)
        await _check_order(hears, events, int(rate * seconds))
        await _forge(hears)
        heard, inbox_cpu = await _hear(inbox, hears, events)
    return [
        Figure("relay from a backlog", relayed, "events/s", 20_000, bare_sent),
        Figure("inbox in batches", heard, "messages/s", 20_000, bare_read),
        # What a busy machine does not change: the work of our own process.
        Figure("relay, own CPU", relay_cpu, "us/event"),
        Figure("inbox, own CPU", inbox_cpu, "us/message"),
        _time("commit to handled, p50", times, bare_times, share=0.50, limit=15),
        _time("commit to handled, p99", times, bare_times, share=0.99, limit=60),
    ]


def _time(
    name: str, times: Sequence[float], raw: Sequence[float], *, share: float, limit: float
) -> Figure:
    took, bare = (round(quantile(values, share) * 1000, 1) for values in (times, raw))
    return Figure(name, took, "ms", limit, bare)


def _event(key: int, number: int) -> AccountOpened:
    """An event whose key is one of few, and which knows its place among them."""
    account = UUID(int=(7 << 76) | (2 << 62) | key)
    return AccountOpened(
        account_id=account,
        owner_id=account,
        account_type="MAIN",
        asset="LXC",
        community=str(number),
    )


def _prepare(first: int, events: int) -> PreparedEvents:
    cause = Cause("bench", None, None)
    numbers = range(first, min(first + CHUNK, events))
    return prepare_events([(_event(n % KEYS, n), cause) for n in numbers])


async def _relay_backlog(
    outbox: Database, settings: ServiceSettings, prepared: Sequence[PreparedEvents]
) -> tuple[float, float]:
    """Events a second, and microseconds of our own CPU for each."""
    for chunk in prepared:
        async with outbox.transaction() as conn:
            await write_events(conn, chunk)
    pending = await outbox.pool.fetchval(COUNT_PENDING)
    started, cpu = time.perf_counter(), time.process_time()
    async with _relaying(outbox, settings), asyncio.timeout(PATIENCE_SECONDS):
        while await outbox.pool.fetchval(COUNT_PENDING):  # noqa: ASYNC110 - the state is in the database
            await asyncio.sleep(0.05)
        rate = round(int(pending) / (time.perf_counter() - started))
        return rate, round((time.process_time() - cpu) / int(pending) * 1e6, 1)


@asynccontextmanager
async def _relaying(outbox: Database, settings: ServiceSettings) -> AsyncIterator[None]:
    sender = KafkaSender(settings)
    await sender.start()
    relay = Relay(outbox, sender)
    running = asyncio.create_task(relay.run())
    try:
        yield
    finally:
        relay.stop()
        await running
        await sender.stop()


async def _check_order(settings: ServiceSettings, events: int, before: int) -> None:
    """Every event of the backlog is on the topic, and each key's are in order."""
    last: dict[bytes, int] = {}
    seen = count = 0
    async with reader(settings, AccountOpened.TOPIC, "gateway.bench_order") as consumer:
        while count < events + before:
            found = await consumer.getmany(timeout_ms=5000, max_records=5000)
            assert found, f"{events + before - count} events are missing"  # noqa: S101
            for records in found.values():
                for record in records:
                    count += 1
                    assert any(name == SEAL for name, _ in record.headers), "it is not sealed"  # noqa: S101
                    number = int(AccountOpened.model_validate_json(record.value).community)
                    if number < 0:
                        continue
                    assert number > last.get(record.key, -1), f"{record.key} went back to {number}"  # noqa: S101
                    last[record.key] = number
                    seen += 1
    assert seen == events, f"{seen} of {events} events arrived"  # noqa: S101


@asynccontextmanager
async def _consuming(inbox: Database, settings: ServiceSettings, wanted: Subscription) -> Any:
    broker = kafka_broker(settings)
    subscribe(broker, Consumer(wanted, inbox, Seals.read(settings.message_keys_file)), "bench")
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


async def _forge(settings: ServiceSettings) -> None:
    """Send a message that is right but for the seal: the figures are worth nothing if it passes."""
    _, _, [key], _, [headers], [payload] = prepare_events([(_event(0, -1), Cause())]).columns
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_servers, acks="all")
    await producer.start()
    try:
        named = [(name, text.encode()) for name, text in orjson.loads(headers).items()]
        await producer.send_and_wait(
            AccountOpened.TOPIC, payload.encode(), key.encode(), headers=named
        )
    finally:
        await producer.stop()


async def _check_seals(inbox: Database, group: str) -> None:
    """The forged message, and no other, is refused for its seal."""
    async with asyncio.timeout(30):
        while not (refused := await inbox.pool.fetch(SELECT_REFUSED, group)):  # noqa: ASYNC110 - the state is in the database
            await asyncio.sleep(0.05)
    reasons = [row["reason"] for row in refused]
    assert len(reasons) == 1 and "seal" in reasons[0], reasons  # noqa: S101, PT018


async def _nothing(_conn: Connection, _deliveries: Sequence[Delivery[Message]]) -> None:
    """No effect but the inbox's own: that is what is measured."""


async def _hear(inbox: Database, settings: ServiceSettings, events: int) -> tuple[float, float]:
    """Messages a second through the inbox, from the first batch on, and our own CPU for each."""
    cpu = time.process_time()
    marks: list[tuple[float, int]] = []
    done = asyncio.Event()

    def count(deliveries: Sequence[Delivery[Message]]) -> None:
        marks.append((time.perf_counter(), len(deliveries)))
        if sum(size for _, size in marks) >= events:
            done.set()

    group = Subscription(
        "gateway.bench_inbox", batch=_nothing, messages=(AccountOpened,), after_commit=count
    )
    async with _consuming(inbox, settings, group), asyncio.timeout(PATIENCE_SECONDS):
        await done.wait()
        spent = (time.process_time() - cpu) / events * 1e6
        await _check_seals(inbox, group.group)
    after_first = sum(size for _, size in marks[1:])
    return round(after_first / (marks[-1][0] - marks[0][0])), round(spent, 1)


async def _one_by_one(
    outbox: Database,
    inbox: Database,
    settings: tuple[ServiceSettings, ServiceSettings],
    rate: int,
    seconds: float,
) -> list[float]:
    """Seconds from each commit until the effect is committed elsewhere, at a steady rate."""
    committed: dict[UUID, float] = {}
    handled: dict[UUID, float] = {}

    def note(deliveries: Sequence[Delivery[Message]]) -> None:
        now = time.perf_counter()
        handled.update((delivery.envelope.event_id, now) for delivery in deliveries)

    async def say(number: int) -> None:
        prepared = prepare_events([(_event(number % KEYS, -1), Cause())])
        for _ in range(TRIES_MAX):
            try:
                async with outbox.transaction() as conn:
                    await write_events(conn, prepared)
            except Transient:  # the machine is busy; the time counts from the commit
                continue
            committed[prepared.ids[0]] = time.perf_counter()
            return
        raise TimeoutError("the database gave no connection")

    group = Subscription(
        f"gateway.bench_{new_id().hex[-6:]}",
        batch=_nothing,
        messages=(AccountOpened,),
        after_commit=note,
    )
    total = int(rate * seconds)
    async with _relaying(outbox, settings[0]), _consuming(inbox, settings[1], group):
        async with asyncio.TaskGroup() as saying:
            started = time.perf_counter()
            for number in range(total):
                await asyncio.sleep(max(started + number / rate - time.perf_counter(), 0))
                saying.create_task(say(number))
        async with asyncio.timeout(30):
            while len(handled.keys() & committed.keys()) < total:  # noqa: ASYNC110 - told by another task
                await asyncio.sleep(0.05)
    # The first second warms caches up; the open loop hides no wait of the rest.
    warm = sorted(committed, key=committed.__getitem__)[min(rate, total // 5) :]
    return [max(handled[event_id] - committed[event_id], 0) for event_id in warm]
