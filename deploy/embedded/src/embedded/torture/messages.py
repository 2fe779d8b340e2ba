"""Messages that should not be: copies, and what is no message at all; and those that are late."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from chassis.ids import new_id
from chassis.seals import HEADER, Seals
from contracts.topics import TOPICS

#: What is no message, by kind, and what its dead letter has to say: each fails at another check.
POISON: Final = {
    "garbage": r"header '[\w-]+' is missing",
    "no seal": r"^the seal is not that of the service",
    "false seal": r"^the seal is not that of the service",
    "truncated": r": payload: Invalid JSON",
    "empty": r"^the payload is empty$",
    "null": r"^the payload is empty$",
    "unknown version": r": version 99 is newer than \d+$",
    "unknown type": r"^type 'torture\.NothingKnown' is unknown$",
    "wrong shape": r"^[\w.]+: \w+: (Field required|Extra inputs are not permitted)$",
    "oversized": r"^the payload has \d+ bytes, at most \d+$",
}
#: The header of a message that was spoiled: it says how, whether its writer was answered or not.
_MARK: Final = "x-torture"
_TAKEN_MAX: Final = 20
_COPIES_MAX: Final = 100
_OVERSIZED_BYTES: Final = 600 * 1024
_WAIT_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Poison:
    """Where a message that is none was written, what type it claims to be, and what is wrong."""

    topic: str
    partition: int
    offset: int
    type_name: str
    way: str


class Messages:
    """Writes into the topics of one Kafka, not through a detour."""

    def __init__(
        self,
        servers: str,
        chance: random.Random,
        seals: Seals,
        others: Mapping[str, Callable[[float], Awaitable[str | None]]],
    ) -> None:
        """Write to the broker at `host:port`; `seals` are the run's own.

        `others` are ways in which messages are disturbed by who says or hears them.
        """
        self._servers = servers
        self._others = others
        self._seals = seals
        self._chance = chance
        #: What the broker has acknowledged.
        self.poison: list[Poison] = []
        self.written = 0

    async def disturb(self, way: str, seconds: float) -> str | None:
        """Write messages in one of the plan's ways; returns what was done, or nothing.

        Args:
            way: See the plan.
            seconds: How late, for copies that come later.
        """
        if way in self._others:
            return await self._others[way](seconds)
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
            bootstrap_servers=self._servers, enable_auto_commit=False, request_timeout_ms=15_000
        )
        try:
            await consumer.start()
            parts = [
                TopicPartition(topic.name, part)
                for topic in TOPICS
                for part in range(topic.partitions)
            ]
            # Of partitions that it has not, a consumer learns the leaders only after seconds.
            consumer.assign(parts)
            ends = await consumer.end_offsets(parts)
            filled = [part for part in parts if ends[part] > 0]
            if not filled:
                return ()
            part = self._chance.choice(filled)
            consumer.assign([part])
            consumer.seek(part, self._chance.randrange(ends[part]))
            # Something lies there: on a busy machine it takes a while to come.
            while not (fetched := await consumer.getmany(timeout_ms=2000, max_records=_TAKEN_MAX)):
                pass
            # What we spoiled ourselves is not copied: it was counted where it was written.
            return [
                record
                for records in fetched.values()
                for record in records
                if way_of(record.headers) is None
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
        headers, value = spoil(way, record, self._seals, self._chance)
        place = await producer.send_and_wait(
            record.topic,
            value,
            key=record.key,
            partition=record.partition,
            headers=[(name, text.encode()) for name, text in headers.items()],
        )
        type_name = headers.get("ce_type", "")
        self.poison.append(Poison(place.topic, place.partition, place.offset, type_name, way))
        return f"{place.topic}/{place.partition}@{place.offset}"


def spoil(
    way: str, record: Any, seals: Seals, chance: random.Random
) -> tuple[dict[str, str], bytes | None]:
    """Headers and payload of a message that is spoiled in a way, made of one that is well.

    Whatever is not about the seal is sealed again: a message that fails at its seal says nothing
    about the checks behind it.
    """
    headers = {one: text.decode() for one, text in record.headers if one != HEADER}
    headers, value = _break(way, headers | {"ce_id": str(new_id())}, record.value, chance)
    headers = seals.seal(record.topic, headers | {_MARK: way}, value or b"")
    if way == "no seal":
        headers.pop(HEADER, None)
    if way == "false seal":
        # That of the same words with another id: a stranger can copy it, and not make it.
        headers["ce_id"] = str(new_id())
    return headers, value


def _break(
    way: str, headers: dict[str, str], well: bytes, chance: random.Random
) -> tuple[dict[str, str], bytes | None]:
    value: bytes | None = well
    match way:
        case "garbage":
            headers, value = {}, chance.randbytes(200)
        case "truncated":
            value = well[: len(well) // 2]
        case "empty":
            value = b""
        case "null":
            value = None
        case "unknown version":
            headers["ce_dataschema"] = headers["ce_dataschema"].rpartition(":")[0] + ":99"
        case "unknown type":
            headers["ce_type"] = "torture.NothingKnown"
        case "wrong shape":
            value = b'{"what": ["is", "this"]}'
        case "oversized":
            value = b'{"a": "' + b"x" * _OVERSIZED_BYTES + b'"}'
    return headers, value


def way_of(headers: Sequence[tuple[str, bytes]]) -> str | None:
    """How a record was spoiled by us; nothing for one that was not."""
    return next((value.decode() for name, value in headers if name == _MARK), None)
