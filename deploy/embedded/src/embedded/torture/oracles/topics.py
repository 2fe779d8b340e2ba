"""What lies in the topics: every record once read, with its place."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import TOPICS
from embedded.torture.messages import Poison, way_of

_LONGEST_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Told:
    """A message in a topic, at its first place."""

    event_id: str
    topic: str
    partition: int
    offset: int
    key: str
    type_name: str
    version: int | None
    #: When it was written, by the clock of whoever wrote it.
    written_at: datetime


@dataclass(slots=True)
class Topics:
    """What all topics hold.

    Attributes:
        told: Messages, in the order of each partition; copies are left out.
        poison: What was spoiled, acknowledged to its writer or not.
    """

    told: list[Told] = field(default_factory=list)
    poison: list[Poison] = field(default_factory=list)


async def read_topics(servers: str) -> Topics:
    """Read all topics from their beginnings.

    Raises:
        TimeoutError: It took too long.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        parts = [TopicPartition(t.name, number) for t in TOPICS for number in range(t.partitions)]
        consumer.assign(parts)
        ends = await consumer.end_offsets(parts)
        await consumer.seek_to_beginning(*parts)
        async with asyncio.timeout(_LONGEST_SECONDS):
            return await _read(consumer, {part: end for part, end in ends.items() if end})
    finally:
        await consumer.stop()


async def _read(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> Topics:
    found = Topics()
    seen: set[str] = set()
    while ends:
        for part, records in (await consumer.getmany(timeout_ms=500, max_records=5000)).items():
            for record in records:
                headers = dict(record.headers)
                if (way := way_of(record.headers)) is not None:
                    place = (record.topic, record.partition, record.offset)
                    type_name = headers.get("ce_type", b"").decode()
                    found.poison.append(Poison(*place, type_name, way))
                    continue
                event_id = headers["ce_id"].decode()
                if event_id in seen:
                    continue
                seen.add(event_id)
                version = headers.get("ce_aggregateversion")
                found.told.append(
                    Told(
                        event_id,
                        record.topic,
                        record.partition,
                        record.offset,
                        (record.key or b"").decode(),
                        headers["ce_type"].decode(),
                        int(version) if version else None,
                        datetime.fromtimestamp(record.timestamp / 1000, UTC),
                    )
                )
            if part in ends and records and records[-1].offset + 1 >= ends[part]:
                del ends[part]
    return found
