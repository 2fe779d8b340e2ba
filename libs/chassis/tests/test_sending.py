"""Rows reach the real Kafka in the order of their keys; one that it refuses harms no other."""

from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError
from aiokafka.partitioner import DefaultPartitioner
from pydantic import SecretStr

from chassis import sending
from chassis.sending import KafkaSender, NotSent
from chassis.settings import ServiceSettings
from tests.stack.backend import Backend

TOPIC = "ledger.transfers.v1"


class Settings(ServiceSettings):
    """Of a service that only sends."""

    service: ClassVar[str] = "ledger"


def row(key: str, text: str, **headers: str) -> dict[str, Any]:
    """A row of the outbox."""
    named = orjson.dumps(headers).decode()
    return {"topic": TOPIC, "key": key, "payload": text, "headers": named}


def settings_for(kafka: Backend) -> Settings:
    """The settings of a process that sends."""
    return Settings(
        database_url=SecretStr("unused"),
        kafka_servers=kafka.settings["LOCALEX_KAFKA_SERVERS"],
        http_port=1,
        internal_jwks_file=Path("unused"),
    )


@pytest.fixture
async def sender(kafka: Backend) -> AsyncIterator[KafkaSender]:
    """A sender that is connected."""
    sender = KafkaSender(settings_for(kafka))
    await sender.start()
    yield sender
    await sender.stop()


async def read(kafka: Backend, wanted: str) -> dict[str, list[Any]]:
    """Records whose key begins with a word, by key, in order of arrival."""
    found: dict[str, list[Any]] = defaultdict(list)
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.settings["LOCALEX_KAFKA_SERVERS"])
    await consumer.start()
    try:
        parts = [TopicPartition(TOPIC, number) for number in range(4)]
        consumer.assign(parts)
        await consumer.seek_to_beginning()
        ends = await consumer.end_offsets(parts)
        for part in parts:
            while await consumer.position(part) < ends[part]:
                batch = await consumer.getmany(part, timeout_ms=2000)
                for record in batch.get(part, []):
                    if record.key.decode().startswith(wanted):
                        found[record.key.decode()].append(record)
    finally:
        await consumer.stop()
    return found


async def test_rows_keep_the_order_of_their_keys(
    kafka: Backend, sender: KafkaSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over several batches of each partition, with headers, where Kafka's clients would look."""
    monkeypatch.setattr(sending, "BATCH_BYTES", 4096)
    rows = [row(f"order-{n % 7}", f'"{n:05}"', ce_id=str(n)) for n in range(2000)]
    assert await sender.send(rows) == [None] * 2000
    found = await read(kafka, "order-")
    assert sum(map(len, found.values())) == 2000
    for key, records in found.items():
        assert [one.value for one in records] == sorted(one.value for one in records)
        assert {one.partition for one in records} == {
            DefaultPartitioner()(key.encode(), [0, 1, 2, 3], [])
        }
        assert dict(records[0].headers)["ce_id"].decode() == str(int(records[0].value.strip(b'"')))


async def test_an_oversized_row_holds_up_its_key_only(kafka: Backend, sender: KafkaSender) -> None:
    """It is told apart from what is behind it, which waits, and from neighbours, which go."""
    rows = [
        row("size-a", '"a0"'),
        row("size-a", "x" * 1024 * 1024),
        row("size-a", '"a2"'),
        row("size-b", '"b0"'),
    ]
    errors = await sender.send(rows)
    assert [type(error) for error in errors] == [
        type(None),
        MessageSizeTooLargeError,
        NotSent,
        type(None),
    ]
    found = await read(kafka, "size-")
    assert {key: [one.value for one in records] for key, records in found.items()} == {
        "size-a": [b'"a0"'],
        "size-b": [b'"b0"'],
    }


async def test_a_row_that_only_kafka_refuses_is_found(
    kafka: Backend, sender: KafkaSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch that the broker turns away is sent again singly, on a new connection."""
    monkeypatch.setattr(sending, "MESSAGE_BYTES_MAX", 4 * 1024 * 1024)
    rows = [row("big-a", '"a0"'), row("big-b", "x" * 1200 * 1024), row("big-c", '"c0"')]
    rows = [one for one in rows for _ in range(2)]
    refused, rounds = [], 0
    while rows:
        rounds += 1
        assert rounds < 6
        errors = await sender.send(rows)
        unsent = [(one, e) for one, e in zip(rows, errors, strict=True) if e is not None]
        refused += [one["key"] for one, e in unsent if isinstance(e, MessageSizeTooLargeError)]
        rows = [one for one, e in unsent if isinstance(e, NotSent)]
    assert refused == ["big-b", "big-b"]
    found = await read(kafka, "big-")
    assert {key: [one.value for one in records] for key, records in found.items()} == {
        "big-a": [b'"a0"'] * 2,
        "big-c": [b'"c0"'] * 2,
    }


async def test_a_row_with_broken_headers_is_refused(sender: KafkaSender) -> None:
    """What can't be written is the row's fault, and counted so."""
    broken = row("head-a", '"x"') | {"headers": '{"ce_id": 7}'}
    [error] = await sender.send([broken])
    assert isinstance(error, AttributeError | TypeError)


async def test_a_new_connection_goes_on(kafka: Backend, sender: KafkaSender) -> None:
    """After an error that the old one does not get over."""
    await sender.renew()
    assert await sender.send([row("new-a", '"1"')]) == [None]
    assert list(await read(kafka, "new-")) == ["new-a"]


async def test_an_unknown_topic_is_an_error_of_its_row(sender: KafkaSender) -> None:
    """Nobody creates topics by using them."""
    [error] = await sender.send([row("k", "1") | {"topic": "nobody.knows.v1"}])
    assert isinstance(error, KafkaError)


async def test_a_broker_that_comes_back_amid_the_rows_takes_none_of_them_early(
    kafka: Backend, sender: KafkaSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the partitions of a topic are not known for the first row, the second does not go."""
    ask = AIOKafkaProducer.partitions_for
    asked: list[str] = []
    assert sender._producer
    cluster = sender._producer.client.cluster
    look = cluster.partitions_for_topic
    monkeypatch.setattr(
        cluster, "partitions_for_topic", lambda topic: look(topic) if len(asked) > 1 else None
    )

    async def away_at_first(producer: AIOKafkaProducer, topic: str) -> set[int]:
        asked.append(topic)
        if len(asked) == 1:
            raise KafkaTimeoutError
        known: set[int] = await ask(producer, topic)
        return known

    monkeypatch.setattr(AIOKafkaProducer, "partitions_for", away_at_first)
    rows = [row("back-a", '"1"'), row("back-a", '"2"')]
    assert [type(error) for error in await sender.send(rows)] == [KafkaTimeoutError] * 2
    assert await sender.send(rows) == [None] * 2
    assert asked == [TOPIC] * 2
    [records] = (await read(kafka, "back-")).values()
    assert [one.value for one in records] == [b'"1"', b'"2"']
