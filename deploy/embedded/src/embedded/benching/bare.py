"""The yardstick of delivery: the same messages through the client library alone."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.outbox import PreparedEvents
from chassis.settings import ServiceSettings
from contracts.ledger import AccountOpened

RAW_TOPIC: Final = "ledger.reservations.v1"
RAW_TIMES_TOPIC: Final = "marketplace.trades.v1"


async def raw_send(settings: ServiceSettings, prepared: Sequence[PreparedEvents]) -> float:
    """Events a second through the client library alone: no outbox, nothing to be lost by."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_servers,
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_batch_size=256 * 1024,
    )
    await producer.start()
    try:
        started, count = time.perf_counter(), 0
        for chunk in prepared:
            _, _, keys, _, headers, payloads = chunk.columns
            sent = [
                await producer.send(
                    RAW_TOPIC,
                    payload.encode(),
                    key.encode(),
                    headers=[(name, value.encode()) for name, value in orjson.loads(named).items()],
                )
                for key, named, payload in zip(keys, headers, payloads, strict=True)
            ]
            await asyncio.gather(*sent)
            count += len(sent)
        return round(count / (time.perf_counter() - started))
    finally:
        await producer.stop()


@asynccontextmanager
async def reader(
    settings: ServiceSettings, topic: str, group: str
) -> AsyncIterator[AIOKafkaConsumer]:
    """Read a topic from its beginning, by the client library alone."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=settings.kafka_servers,
        group_id=group,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def raw_one_by_one(settings: ServiceSettings, rate: int, seconds: float) -> list[float]:
    """Seconds from sending a message until it is read, by the client library alone."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_servers, acks="all")
    await producer.start()
    times: list[float] = []
    total = int(rate * seconds)

    async def read(consumer: AIOKafkaConsumer) -> None:
        async for record in consumer:
            times.append(time.perf_counter() - float(record.value))
            if len(times) == total:
                return

    try:
        async with reader(settings, RAW_TIMES_TOPIC, "gateway.bench_times") as consumer:
            reading = asyncio.create_task(read(consumer))
            started = time.perf_counter()
            for number in range(total):
                await asyncio.sleep(max(started + number / rate - time.perf_counter(), 0))
                now = time.perf_counter()
                await producer.send(RAW_TIMES_TOPIC, str(now).encode(), str(number % 64).encode())
            await asyncio.wait_for(reading, 30)
    finally:
        await producer.stop()
    return times[total // 5 :]


async def raw_read(settings: ServiceSettings, events: int) -> float:
    """Messages a second through the client library alone, parsed and acknowledged by batch."""
    async with reader(settings, RAW_TOPIC, "gateway.bench_raw") as consumer:
        started, count = time.perf_counter(), 0
        while count < events:
            found = await consumer.getmany(timeout_ms=1000, max_records=500)
            for records in found.values():
                for record in records:
                    AccountOpened.model_validate_json(record.value)
                count += len(records)
            await consumer.commit()
        return round(count / (time.perf_counter() - started))
