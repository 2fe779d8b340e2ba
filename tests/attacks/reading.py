"""Everything that a running system keeps and tells, as bytes, to be searched."""

import asyncio
import contextlib
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import asyncpg
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from contracts.topics import ALL_TOPICS, Topic
from tests.attacks.edge import ask
from tests.stack.plugin import System

READ_SECONDS: Final = 60.0
SELECT_TABLES: Final = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c INNER JOIN pg_namespace AS n
    ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
"""
SERVICES: Final = ("gateway", "ledger", "marketplace", "search")


async def read_messages(servers: str, topics: Iterable[Topic]) -> list[ConsumerRecord]:
    """Everything that topics hold now, from the beginning; each partition in its order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await consumer.start()
    try:
        parts = [TopicPartition(t.name, n) for t in topics for n in range(t.partitions)]
        consumer.assign(parts)
        ends = {part: end for part, end in (await consumer.end_offsets(parts)).items() if end}
        consumer.assign(list(ends))
        await consumer.seek_to_beginning(*ends)
        found: list[ConsumerRecord] = []
        async with asyncio.timeout(READ_SECONDS):
            while ends:
                for part, records in (await consumer.getmany(timeout_ms=500)).items():
                    found += records
                    if records[-1].offset + 1 >= ends.get(part, 0):
                        ends.pop(part, None)
        return found
    finally:
        await consumer.stop()


async def read_topics(servers: str) -> list[bytes]:
    """Everything in all topics, dead letters too: keys, headers and payloads."""
    return [
        b"\n".join((one.key or b"", *(value for _, value in one.headers), one.value or b""))
        for one in await read_messages(servers, ALL_TOPICS)
    ]


async def newest(servers: str, topic: Topic) -> list[bytes]:
    """The newest message of each key: what whoever reads the topic from its beginning ends with."""
    found = {one.key or b"": one.value or b"" for one in await read_messages(servers, [topic])}
    return list(found.values())


def read_index(url: str) -> bytes:
    """Every document of every index, and the log of queries."""
    with urllib.request.urlopen(f"{url}/_all/_search?size=10000", timeout=10) as answer:
        text: bytes = answer.read()
        return text


def log_lines(folder: Path) -> Iterator[bytes]:
    """What every process of the stack has written, services and engines alike."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.read_bytes()


async def read_metrics(system: System) -> bytes:
    """What is told to whoever measures."""
    texts = []
    for service in SERVICES:
        port = system.settings[f"{service.upper()}_HTTP_PORT"]
        texts.append((await ask(f"http://127.0.0.1:{port}", "GET", "/metrics")).content)
    return b"\n".join(texts)


async def read_tables(admin_url: str) -> dict[str, bytes]:
    """Every row of every table as text; bytes are in it as hex."""
    conn = await asyncpg.connect(admin_url)
    try:
        names = [row[0] for row in await conn.fetch(SELECT_TABLES)]
        return {
            name: b"\n".join(
                row[0].encode() for row in await conn.fetch(f"SELECT t::text FROM {name} AS t")
            )
            for name in names
        }
    finally:
        await conn.close()


async def read_valkey(*urls: str) -> bytes:
    """Every key, and every text by the service that may read it."""
    texts: dict[bytes, bytes] = {}
    for url in urls:
        async with Redis.from_url(url) as valkey:
            async for key in valkey.scan_iter():
                texts.setdefault(key, b"")
                with contextlib.suppress(NoPermissionError):
                    texts[key] = await valkey.dump(key) or b""
    return b"\n".join((*texts, *texts.values()))


def found_in(places: Mapping[str, bytes], values: Iterable[str]) -> list[tuple[str, str]]:
    """Which value is in which place, as it is or as hex."""
    return [
        (place, value)
        for place, text in places.items()
        for value in values
        if value.encode() in text or value.encode().hex().encode() in text
    ]
