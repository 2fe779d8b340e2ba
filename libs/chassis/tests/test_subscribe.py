"""Messages are heard with the only settings under which none is lost and none answers by itself."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NoReturn
from uuid import uuid4

import aiokafka
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaConnectionError
from faststream import AckPolicy

from chassis.broker import kafka_broker
from chassis.consumer import Consumer
from chassis.database import Database
from chassis.subscribe import FETCH_BYTES, subscribe
from chassis.subscription import Subscription
from contracts.ledger import AccountOpened
from contracts.topics import LEDGER_ACCOUNTS, LEDGER_GIFTS
from libs.chassis.tests.probing import until
from libs.chassis.tests.test_consumer import count_up, delivered, effects
from libs.chassis.tests.test_sending import settings_for
from libs.chassis.tests.words import ANA, account_opened
from tests.stack.backend import Backend


class FailingOnce(Consumer):
    """A consumer whose first batch with a certain word fails, after it was read."""

    def __init__(self, subscription: Subscription, database: Database, word: bytes) -> None:
        super().__init__(subscription, database)
        self.word = word
        self.reads = 0

    async def handle(self, records: Sequence[Any]) -> None:
        """Fail, or handle them."""
        self.reads += any(self.word in record.value for record in records)
        if self.reads == 1:
            raise OSError("the database is away")
        await super().handle(records)


def counting(group: str, batch_max: int = 7) -> Subscription:
    """A subscription that counts by community."""
    return Subscription(group, {AccountOpened: count_up}, batch_max=batch_max)


class Asked:
    """Stands for aiokafka's consumer: keeps what it is asked for, and finds no broker."""

    settings: dict[str, Any]

    def __init__(self, **settings: Any) -> None:
        Asked.settings = settings

    def subscribe(self, topics: list[str], **_others: Any) -> None:
        """Keep them, too."""
        Asked.settings["topics"] = topics

    async def start(self) -> NoReturn:
        """Get no further."""
        raise KafkaConnectionError("nobody there")


async def test_a_consumer_is_asked_for_with_the_safe_settings(
    kafka: Backend, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the client library itself is told, and what FastStream does around a handler."""
    broker = kafka_broker(settings_for(kafka))
    subscribe(broker, Consumer(counting("gateway.probe"), database), "one")
    monkeypatch.setattr(aiokafka, "AIOKafkaConsumer", Asked)
    with pytest.raises(KafkaConnectionError):
        await broker.start()
    asked = Asked.settings
    expected = {
        "group_id": "gateway.probe",
        "group_instance_id": "gateway.probe-one",
        "topics": [LEDGER_ACCOUNTS.name],
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        "session_timeout_ms": 30_000,
        "max_poll_interval_ms": 300_000,
        "max_partition_fetch_bytes": FETCH_BYTES,
    }
    assert {name: asked.get(name) for name in expected} == expected
    [subscriber] = broker.subscribers
    assert subscriber.ack_policy is AckPolicy.NACK_ON_ERROR
    assert subscriber._no_reply is True
    assert (broker.config.allow_auto_create_topics, broker.config.consumer_only) == (False, True)


@asynccontextmanager
async def hearing(kafka: Backend, consumer: Consumer) -> AsyncIterator[None]:
    """A consumer at work."""
    broker = kafka_broker(settings_for(kafka))
    subscribe(broker, consumer, "one")
    await broker.start()
    try:
        yield
    finally:
        await asyncio.wait_for(broker.stop(), 30)


async def state_of_kafka(kafka: Backend) -> tuple[set[str], dict[TopicPartition, int]]:
    """Its topics, and how far the topic goes that a message would have us answer on."""
    client = AIOKafkaConsumer(bootstrap_servers=kafka.settings["LOCALEX_KAFKA_SERVERS"])
    await client.start()
    try:
        parts = [TopicPartition(LEDGER_GIFTS.name, n) for n in range(LEDGER_GIFTS.partitions)]
        return await client.topics(), await client.end_offsets(parts)
    finally:
        await client.stop()


async def test_a_message_that_wants_an_answer_gets_none_and_one_that_failed_is_read_again(
    kafka: Backend, database: Database
) -> None:
    """Written before the group was there: it is handled once, and nothing is written to any topic.

    A header names a topic that is there, or one that nobody knows.
    """
    before = await state_of_kafka(kafka)
    word = uuid4().hex
    producer = AIOKafkaProducer(bootstrap_servers=kafka.settings["LOCALEX_KAFKA_SERVERS"])
    await producer.start()
    try:
        for reply_to in (LEDGER_GIFTS.name, f"nobody.knows.{word}.v1"):
            record = delivered(account_opened(ANA, word))
            headers = [*record.headers, ("reply_to", reply_to.encode()), ("correlation_id", b"x")]
            await producer.send_and_wait(
                record.topic, record.value, key=str(ANA).encode(), headers=headers
            )
    finally:
        await producer.stop()
    # One at a time: when the second is done, an answer to the first would have been written.
    group = f"gateway.probe_{word[:8]}"
    consumer = FailingOnce(counting(group, batch_max=1), database, word.encode())

    async def handled_both() -> bool:
        return (await effects(database)).get(word) == 2

    async with hearing(kafka, consumer):
        await until(handled_both)
    assert consumer.reads == 3
    assert await state_of_kafka(kafka) == before
