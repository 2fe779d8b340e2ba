"""The proxy before a real Kafka: what was done, and what its client was told."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.conn import AIOKafkaConnection, create_conn
from aiokafka.errors import KafkaError
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.protocol.coordination import FindCoordinatorRequest
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from embedded.torture.proxy import ANYBODY, Detour
from tests.stack.backend import Backend

#: Of its own: others of this session read the services' topics.
TOPIC = "cuts"
FIRST = TopicPartition(TOPIC, 0)


@pytest.fixture
async def detour(kafka: Backend) -> AsyncIterator[Detour]:
    """A detour to the broker; a client that asks for no addresses stays on it."""
    servers = kafka.settings["LOCALEX_KAFKA_SERVERS"]
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    await admin.close()
    port = int(servers.rpartition(":")[2])
    made = Detour("kafka", lambda _user: port, random.Random(1))
    await made.open()
    yield made
    made.close()
    await asyncio.sleep(0.05)


async def connect(detour: Detour) -> AIOKafkaConnection:
    """To the broker, by the detour."""
    return await create_conn("127.0.0.1", detour.ports[ANYBODY], request_timeout_ms=20_000)


def write_of(value: bytes) -> ProduceRequest:
    """A wish to write one message."""
    records = DefaultRecordBatchBuilder(
        2,
        0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=0,
        batch_size=10_000,
    )
    records.append(0, None, key=None, value=value, headers=[])
    topics = [(TOPIC, [(0, bytes(records.build()))])]
    return ProduceRequest(transactional_id=None, required_acks=-1, timeout=20_000, topics=topics)


def commit_of(group: str, offset: int) -> OffsetCommitRequest:
    """A wish of nobody's in particular to remember how far a group has come."""
    return OffsetCommitRequest(group, -1, "", -1, [(TOPIC, [(0, offset, "")])])


async def consumer_of(kafka: Backend, group: str) -> AIOKafkaConsumer:
    """A reader that goes straight."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=kafka.settings["LOCALEX_KAFKA_SERVERS"],
        group_id=group,
        enable_auto_commit=False,
    )
    await reader.start()
    reader.assign([FIRST])
    return reader


async def test_what_was_written_is_there_though_its_answer_was_lost(
    kafka: Backend, detour: Detour
) -> None:
    """The client gets an error, which says nothing; other requests spring no such trap."""
    value = uuid4().bytes
    reader = await consumer_of(kafka, uuid4().hex)
    [end] = (await reader.end_offsets([FIRST])).values()
    client = await connect(detour)
    assert told(await client.send(write_of(b"before"))) == 0
    detour.traps += ["produce answer lost"]
    await client.send(FindCoordinatorRequest(uuid4().hex, 0))
    assert detour.traps == ["produce answer lost"]
    with pytest.raises((KafkaError, OSError)):
        await client.send(write_of(value))
    assert detour.traps == []
    reader.seek(FIRST, end)
    async with asyncio.timeout(60):
        found = [(await reader.getone()).value for _ in range(2)]
    assert found == [b"before", value]
    await reader.stop()
    client.close()


async def test_what_was_committed_is_kept_though_its_answer_was_lost(
    kafka: Backend, detour: Detour
) -> None:
    """A produce springs no such trap."""
    group = uuid4().hex
    client = await connect(detour)
    await coordinated(client, group)
    detour.traps.append("offset commit answer lost")
    assert told(await client.send(write_of(b"between"))) == 0
    assert detour.traps == ["offset commit answer lost"]
    with pytest.raises((KafkaError, OSError)):
        await client.send(commit_of(group, 7))
    assert detour.traps == []
    reader = await consumer_of(kafka, group)
    async with asyncio.timeout(60):
        while await reader.committed(FIRST) != 7:  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.05)
    await reader.stop()
    client.close()


def told(answer: Any) -> int:
    """The error code of an answer about one partition."""
    [(_, [(_, code, *_)])] = answer.topics
    return int(code)


async def coordinated(client: AIOKafkaConnection, group: str) -> None:
    """Commit until the broker coordinates the group, which begins when it is asked for."""
    async with asyncio.timeout(60):
        while True:
            with suppress(KafkaError):
                await client.send(FindCoordinatorRequest(group, 0))
                if told(await client.send(commit_of(group, 3))) == 0:
                    return
            await asyncio.sleep(0.05)
