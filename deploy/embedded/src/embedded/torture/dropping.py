"""Messages that a consumer group never gets, and their replay by the operators' command."""

import asyncio
import contextlib
import platform
import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.subscription import Subscription
from contracts.topics import TOPICS
from embedded.places import Places
from embedded.supervise.client import Client, NotRunning, Refused
from embedded.torture.holding import HELD, Holding
from embedded.torture.messages import way_of
from embedded.torture.oracles.delivery import subscriptions

#: The service that is stopped, and the group of its that then misses what is written.
MISSING: Final = {"search.indexing": "marketplace", "marketplace.trades": "ledger"}
_GATHER_SECONDS: Final = 2.0
_SAID_WITHIN_SECONDS: Final = 1.0
_READY_WITHIN_SECONDS: Final = 60.0
_SKIP_WITHIN_SECONDS: Final = 20.0
_TRIES_MAX: Final = 20
SELECT_FIRST: Final = """
SELECT min(created_at) AS since, max(created_at) AS last FROM {service}.outbox
WHERE topic = $1 AND event_id = ANY($2::uuid [])
"""


@dataclass(slots=True)
class Lost:
    """Events that a group will not get by itself."""

    group: str
    events: set[str]


class Dropping:
    """Moves groups past messages, and has those sent again."""

    def __init__(self, places: Places, superuser_url: str, servers: str, holding: Holding) -> None:
        """Drop messages of the stack in `places`; `servers` is Kafka's own address."""
        self._places = places
        self._url = superuser_url
        self._servers = servers
        self._holding = holding
        self._turn = 0
        self._one = asyncio.Lock()
        self._running: set[asyncio.Task[str | None]] = set()
        self._waiting: list[Lost] = []
        #: What each group did not get when it was its turn.
        self.dropped: dict[str, set[str]] = defaultdict(set)

    async def drop(self, _seconds: float) -> str | None:
        """Let a group miss messages, and have them replayed; returns what was done.

        It is not broken off half-way: `settle` waits for it.
        """
        if self._one.locked():
            return None
        running = asyncio.create_task(self._drop())
        self._running.add(running)
        return await asyncio.shield(running)

    async def settle(self) -> None:
        """End what has begun, and replay what could not be while something was away."""
        await asyncio.gather(*self._running, return_exceptions=True)
        for _ in range(_TRIES_MAX):
            if not await self._replay_all():
                return
            await asyncio.sleep(1)

    async def _drop(self) -> str | None:
        async with self._one:
            group = list(MISSING)[self._turn % len(MISSING)]
            self._turn += 1
            lost = await self._miss(group)
            if lost is None or not lost.events:
                return None
            self.dropped[group] |= lost.events
            self._waiting.append(lost)
            await self._replay_all()
            return f"{len(lost.events)} for {group}"

    async def _miss(self, group: str) -> Lost | None:
        """Stop the group's service, let messages come, and move the group past them."""
        service = group.partition(".")[0]
        await self._holding.begin(2 * _GATHER_SECONDS)
        await asyncio.sleep(_GATHER_SECONDS)
        try:
            await asyncio.to_thread(self._ask, "stop", service)
            await self._holding.release()
            await asyncio.sleep(_SAID_WITHIN_SECONDS)
            [heard] = [one for one in subscriptions() if one.group == group]
            return Lost(group, await _skip(self._servers, heard, HELD[MISSING[group]]))
        except (KafkaError, OSError, TimeoutError, NotRunning, Refused):
            return None
        finally:
            with contextlib.suppress(NotRunning, Refused):
                await asyncio.to_thread(self._ask, "start", service)

    def _ask(self, what: str, service: str) -> None:
        facts: dict[str, Any] = {"wait_seconds": _READY_WITHIN_SECONDS} if what == "start" else {}
        with Client(self._places) as client:
            client.ask(what, name=service, **facts)

    async def _replay_all(self) -> int:
        """Replay what waits; returns how much still does."""
        self._waiting = [lost for lost in self._waiting if not await self._replay(lost)]
        return len(self._waiting)

    async def _replay(self, lost: Lost) -> bool:
        """As an operator does: by the time in which what is missing was said."""
        source = MISSING[lost.group]
        try:
            conn = await asyncpg.connect(self._url, timeout=5, command_timeout=10)
            try:
                found = await conn.fetchrow(
                    SELECT_FIRST.format(service=source), HELD[source], list(lost.events)
                )
            finally:
                conn.terminate()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False
        command = (
            *(sys.executable, "-m", "embedded.cli", "outbox", "replay", source),
            *("--since", found["since"].isoformat(), "--topic", HELD[source]),
            *("--by", "torture", "--reason", f"{lost.group} has missed it"),
            *("--data", str(self._places.data)),
        )
        nowhere = asyncio.subprocess.DEVNULL
        running = await asyncio.create_subprocess_exec(*command, stdout=nowhere, stderr=nowhere)
        return await running.wait() == 0


async def _skip(servers: str, heard: Subscription, topic: str) -> set[str]:
    """Acknowledge for a group what it has not read of a topic.

    Whoever is its only member keeps the place for some time when they are stopped: this takes it.

    Returns:
        The events, as far as the first of each part that is no message: those have no outbox that
        could say them again.

    Raises:
        KafkaError: The broker is away.
        TimeoutError: Somebody else has a place in the group.
    """
    consumer = AIOKafkaConsumer(
        *heard.topics(),
        bootstrap_servers=servers,
        group_id=heard.group,
        group_instance_id=f"{heard.group}-{platform.node()}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        request_timeout_ms=5000,
    )
    try:
        async with asyncio.timeout(_SKIP_WITHIN_SECONDS):
            await consumer.start()
            count = next(one.partitions for one in TOPICS if one.name == topic)
            parts = [TopicPartition(topic, number) for number in range(count)]
            while not consumer.assignment().issuperset(parts):  # noqa: ASYNC110 - nobody tells it
                await asyncio.sleep(0.1)
            ends = await consumer.end_offsets(parts)
            moved, events = {}, set()
            for part in parts:
                begin = await consumer.committed(part)
                if begin is not None and begin < ends[part]:
                    moved[part], found = await _read_to(consumer, part, begin, ends[part])
                    events |= found
            if moved:
                await consumer.commit(moved)
            return events
    finally:
        await consumer.stop()


async def _read_to(
    consumer: AIOKafkaConsumer, part: TopicPartition, begin: int, end: int
) -> tuple[int, set[str]]:
    """Where to go on in a part, and the events in between."""
    events: set[str] = set()
    consumer.seek(part, begin)
    position = begin
    while position < end:
        for record in (await consumer.getmany(part, timeout_ms=500)).get(part, ()):
            if record.offset >= end or way_of(record.headers) is not None:
                return record.offset, events
            events.add(dict(record.headers)["ce_id"].decode())
            position = record.offset + 1
    return position, events
