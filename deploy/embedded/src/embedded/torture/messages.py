"""Messages that should not be: copies, late ones, and what is no message at all."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.ids import new_id
from contracts.topics import TOPICS

POISON: Final = frozenset(
    {"garbage", "truncated", "empty", "unknown version", "unknown type", "wrong shape", "oversized"}
)
_MARK: Final = ("x-torture", b"poison")
_TAKEN_MAX: Final = 20
_COPIES_MAX: Final = 100
_OVERSIZED_BYTES: Final = 600 * 1024
_WAIT_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Poison:
    """Where a message that is none was written, and what type it claims to be."""

    topic: str
    partition: int
    offset: int
    type_name: str


class Messages:
    """Writes into the topics of one Kafka, not through a detour."""

    def __init__(self, servers: str, chance: random.Random) -> None:
        """Write to the broker at `host:port`."""
        self._servers = servers
        self._chance = chance
        self.poison: list[Poison] = []
        self.written = 0

    async def disturb(self, way: str, seconds: float) -> str | None:
        """Write messages in one of the plan's ways; returns what was done, or nothing.

        Args:
            way: See the plan.
            seconds: How late, for copies that come later.
        """
        try:
            async with asyncio.timeout(_WAIT_SECONDS + seconds + 5):
                taken = await self._take()
                if not taken:
                    return None
                return await self._write(way, taken, seconds)
        except (KafkaError, OSError, TimeoutError):
            return None

    async def _take(self) -> Sequence[Any]:
        """Some messages that lie in a topic, from a place that chance decides."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._servers, enable_auto_commit=False, request_timeout_ms=4000
        )
        try:
            await consumer.start()
            parts = [
                TopicPartition(topic.name, part)
                for topic in TOPICS
                for part in range(topic.partitions)
            ]
            ends = await consumer.end_offsets(parts)
            filled = [part for part in parts if ends[part] > 0]
            if not filled:
                return ()
            part = self._chance.choice(filled)
            consumer.assign([part])
            consumer.seek(part, self._chance.randrange(ends[part]))
            fetched = await consumer.getmany(timeout_ms=2000, max_records=_TAKEN_MAX)
            # What we spoiled ourselves is not copied: it was counted where it was written.
            return [
                record
                for records in fetched.values()
                for record in records
                if _MARK not in record.headers
            ]
        finally:
            await consumer.stop()

    async def _write(self, way: str, taken: Sequence[Any], seconds: float) -> str:
        records = list(taken)
        if way == "many copies":
            records = [records[0]] * self._chance.randint(2, _COPIES_MAX)
        elif way == "copies, newest first":
            records.reverse()
        elif way == "copies, later":
            await asyncio.sleep(seconds)
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers, acks="all", request_timeout_ms=4000
        )
        try:
            await producer.start()
            if way in POISON:
                return await self._spoil(producer, way, records[0])
            for record in records:
                await producer.send_and_wait(
                    record.topic,
                    record.value,
                    key=record.key,
                    partition=record.partition,
                    headers=list(record.headers),
                )
                self.written += 1
            return f"{len(records)} in {records[0].topic}"
        finally:
            await producer.stop()

    async def _spoil(self, producer: AIOKafkaProducer, way: str, record: Any) -> str:
        headers = dict(record.headers) | {
            "ce_id": str(new_id()).encode(),
            "x-torture-of": record.topic.encode(),
        }
        value: bytes | None = record.value
        match way:
            case "garbage":
                headers, value = {}, self._chance.randbytes(200)
            case "truncated":
                value = (value or b"")[: len(value or b"") // 2] or b"{"
            case "empty":
                value = None
            case "unknown version":
                headers["ce_dataschema"] = headers["ce_dataschema"].rpartition(b":")[0] + b":99"
            case "unknown type":
                headers["ce_type"] = b"torture.NothingKnown"
            case "wrong shape":
                value = b'{"what": ["is", "this"]}'
            case "oversized":
                value = b'{"a": "' + b"x" * _OVERSIZED_BYTES + b'"}'
        place = await producer.send_and_wait(
            record.topic,
            value,
            key=record.key,
            partition=record.partition,
            headers=[*headers.items(), _MARK],
        )
        type_name = headers.get("ce_type", b"").decode()
        self.poison.append(Poison(place.topic, place.partition, place.offset, type_name))
        return f"{place.topic}/{place.partition}@{place.offset}"


def is_poison(headers: Sequence[tuple[str, bytes]]) -> bool:
    """Whether a record was spoiled by us."""
    return _MARK in headers
