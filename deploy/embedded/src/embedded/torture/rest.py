"""Coming to rest: after the faults, everything said is heard and everything due is done."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from chassis.subscription import Subscription
from contracts.topics import TOPICS
from embedded.stack import Stack
from embedded.torture.client import Clients
from embedded.torture.load import forget_wishes
from embedded.torture.plan import SERVICES
from embedded.torture.world import Inhabited

_LOOK_EVERY_SECONDS: Final = 0.5
_TELL_EVERY_SECONDS: Final = 10.0
_SETTLERS: Final = 8
_SETTLE_SECONDS: Final = 30.0
_PATIENCES_MAX: Final = 4
_STOPS_MAX: Final = 3

#: Of every service, then of some.
WAITING_OF: Final = {
    "outbox rows": """SELECT count(*) FROM {service}.outbox
        WHERE published_at IS NULL AND failed_at IS NULL""",
    "audit events": "SELECT count(*) FROM {service}.audit_pending",
    "timers": "SELECT count(*) FROM {service}.timer WHERE due_at < clock_timestamp()",
}
SELECT_WAITING: Final = {
    "leaves": "SELECT count(*) FROM ledger.transparency_pending",
    "trades": """SELECT count(*) FROM marketplace.trade
        WHERE state IN ('accepted', 'confirmed', 'refunding')""",
}


async def settle_unknown(clients: Clients, world: Inhabited) -> int:
    """Ask again, with their keys, for everything that was never answered; returns how many."""
    unknown = clients.history.unknown()
    waiting = iter(unknown)

    async def work() -> None:
        for operation in waiting:
            token = world.token_of(operation.person)
            await clients.settle(operation, token, patience_seconds=_SETTLE_SECONDS)
            if operation.kind == "bulk":
                forget_wishes(operation)

    async with asyncio.TaskGroup() as group:
        for _ in range(_SETTLERS):
            group.create_task(work())
    return len(unknown)


async def come_to_rest(
    conn: asyncpg.Connection,
    servers: str,
    heard: Sequence[Subscription],
    patience_seconds: float,
    tell: Callable[[str], None] = lambda _line: None,
) -> dict[str, int]:
    """Wait until nothing waits any more, for as long as what waits gets less.

    A slow machine is no finding; what stands still is one.

    Args:
        conn: Sees all schemas.
        servers: Kafka's address.
        heard: Who listens.
        patience_seconds: How long it may stand still; it may take four times as long in all.
        tell: Told what waits, now and then.

    Returns:
        What still waits when time is up, by name; nothing when all is at rest.
    """
    began = moved = told = time.monotonic()
    least: dict[str, int] = {}
    while True:
        waiting = await _waiting(conn)
        if not waiting:
            lag = await _lag(servers, heard)
            # What consumers did last may have said something new.
            waiting = lag or await _waiting(conn)
            if not waiting:
                return {}
        now = time.monotonic()
        if any(count < least.get(name, count + 1) for name, count in waiting.items()):
            moved = now
        if now - told > _TELL_EVERY_SECONDS:
            tell("still waiting: " + ", ".join(f"{n:,} {name}" for name, n in waiting.items()))
            told = now
        least = waiting | {
            name: min(count, waiting.get(name, count)) for name, count in least.items()
        }
        if now - moved > patience_seconds or now - began > _PATIENCES_MAX * patience_seconds:
            return waiting
        await asyncio.sleep(_LOOK_EVERY_SECONDS)


async def hold_still(
    stack: Stack,
    conn: asyncpg.Connection,
    heard: Sequence[Subscription],
    patience_seconds: float,
    tell: Callable[[str], None],
) -> dict[str, int]:
    """Come to rest, then stop the services: what a timer did next would be here and not yet there.

    What they still said when they were stopped is to be heard, too: then they are started again.

    Args:
        stack: The whole system.
        conn: Sees all schemas.
        heard: Who listens.
        patience_seconds: As for `come_to_rest`.
        tell: Told what waits, now and then.

    Returns:
        What still waits, by name.
    """
    servers = stack.urls["kafka"].removeprefix("kafka://")
    for tries in range(1, _STOPS_MAX + 1):
        waiting = await come_to_rest(conn, servers, heard, patience_seconds, tell)
        for service in SERVICES:
            await asyncio.to_thread(stack.stop, service)
        if waiting:
            break
        waiting = await _unheard(conn, servers, heard)
        if not waiting or tries == _STOPS_MAX:
            break
        tell("said while being stopped: " + ", ".join(waiting))
        for service in SERVICES:
            await asyncio.to_thread(stack.start_part, service)
    return waiting


async def _unheard(
    conn: asyncpg.Connection, servers: str, heard: Sequence[Subscription]
) -> dict[str, int]:
    """What services that are stopped have left; timers are due at any time."""
    waiting = await _waiting(conn)
    said = {name: count for name, count in waiting.items() if not name.startswith("timers")}
    return said or await _lag(servers, heard)


async def _waiting(conn: asyncpg.Connection) -> dict[str, int]:
    found = {name: await conn.fetchval(sql) for name, sql in SELECT_WAITING.items()}
    for name, sql in WAITING_OF.items():
        for service in SERVICES:
            found[f"{name} of {service}"] = await conn.fetchval(sql.format(service=service))
    return {name: count for name, count in found.items() if count}


async def _lag(servers: str, heard: Sequence[Subscription]) -> dict[str, int]:
    """Messages that a consumer group has not acknowledged, by group."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    try:
        await consumer.start()
        await admin.start()
        parts = [TopicPartition(t.name, number) for t in TOPICS for number in range(t.partitions)]
        # Of partitions that it has not, a consumer learns the leaders only after seconds.
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        found = {}
        for subscription in heard:
            topics = subscription.topics()
            committed = await admin.list_consumer_group_offsets(subscription.group)
            behind = sum(
                end - max(committed[part].offset, 0) if part in committed else end
                for part, end in ends.items()
                if part.topic in topics
            )
            if behind:
                found[f"messages for {subscription.group}"] = behind
        return found
    except (KafkaError, OSError) as error:
        return {f"kafka: {error!r}": 1}
    finally:
        await consumer.stop()
        await admin.close()
