"""What lies in the topics: every record once read, with its place."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import TOPICS
from embedded.torture.messages import is_poison

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


async def read_topics(servers: str) -> list[Told]:
    """Read all topics from their beginnings; copies and poison are left out.

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


async def _read(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> list[Told]:
    told: list[Told] = []
    seen: set[str] = set()
    while ends:
        for part, records in (await consumer.getmany(timeout_ms=500, max_records=5000)).items():
            for record in records:
                if is_poison(record.headers):
                    continue
                headers = dict(record.headers)
                event_id = headers["ce_id"].decode()
                if event_id in seen:
                    continue
                seen.add(event_id)
                version = headers.get("ce_aggregateversion")
                told.append(
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
    return told
