"""What is personal stays where it is kept: not in logs, not in topics, not in the index."""

import asyncio
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import ALL_TOPICS
from tests.journeys.people import PASSWORD, eventually, operator, somebody
from tests.stack.plugin import System

MARK: Final = uuid4().hex[:10]
PHONE: Final = f"+34{int(MARK, 16) % 10**9:09}"
NAME: Final = f"Planted Legal-{MARK}"
NUMBER: Final = f"TAX{MARK.upper()}"
DOCUMENT: Final = f"scan of {MARK} passport"
READ_SECONDS: Final = 60.0


async def keep(client: Any, field: str, value: str) -> int:
    """Keep a value in one's own vault; the answer's status."""
    path = f"/v1/me/vault/{field}"
    answer = await client.send("PUT", path, json={"value": value}, key=uuid4().hex)
    status: int = answer.status_code
    return status


async def read_topics(servers: str) -> list[bytes]:
    """Everything in all topics, dead letters too: keys, headers and payloads."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await consumer.start()
    try:
        parts = [TopicPartition(t.name, n) for t in ALL_TOPICS for n in range(t.partitions)]
        ends = {part: end for part, end in (await consumer.end_offsets(parts)).items() if end}
        consumer.assign(list(ends))
        await consumer.seek_to_beginning(*ends)
        found: list[bytes] = []
        async with asyncio.timeout(READ_SECONDS):
            while ends:
                for part, records in (await consumer.getmany(timeout_ms=500)).items():
                    for one in records:
                        headers = b"\n".join(value for _, value in one.headers)
                        found.append(b"\n".join((one.key or b"", headers, one.value or b"")))
                    if records[-1].offset + 1 >= ends.get(part, 0):
                        ends.pop(part, None)
        return found
    finally:
        await consumer.stop()


def read_index(url: str) -> bytes:
    """Every document of every index, and the log of queries."""
    with urllib.request.urlopen(f"{url}/_all/_search?size=10000", timeout=10) as answer:
        text: bytes = answer.read()
        return text


def log_lines(folder: Path) -> Iterator[bytes]:
    """What every process of the stack has written."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.read_bytes()


async def test_nothing_personal_leaves_its_place(system: System) -> None:
    """A whole run with planted e-mail, name, phone, number and document; then all is searched."""
    logs = getattr(system.backend, "logs", None)
    if logs is None:
        pytest.skip("containers keep their logs with the daemon, not in a folder")
    async with somebody(system, "Ana") as ana, somebody(system, "Ben", credits="9.00") as ben:
        for field, value in (
            ("phone", PHONE),
            ("legal_name", NAME),
            ("tax_number", NUMBER),
            ("identity_document", DOCUMENT),
        ):
            assert await keep(ana.client, field, value) == 200
        assert await keep(ana.client, "nationality", NAME) == 422
        chair = await ana.client.create_item(f"Chair {MARK}", price="9.00")
        trade = await ben.client.offer(chair.id, "9.00")
        await ana.client.accept(trade.id)
        await ben.reaches(trade.id, "funded")
        wrong = {"email": ana.email, "password": PASSWORD + "!"}
        assert (await ben.client.send("POST", "/v1/sessions", json=wrong)).status_code == 401
        async with operator(system) as looking:
            answer = await looking.send(
                "POST",
                f"/v1/users/{ana.user.id}/vault/readings",
                json={"fields": ["phone", "legal_name"], "reason": "a journey looks for leaks"},
            )
            assert PHONE in str(answer.json())
        url = system.settings["LOCALEX_OPENSEARCH_URL"]

        async def indexed() -> bytes:
            return await asyncio.to_thread(read_index, url)

        index = await eventually(indexed, lambda text: f"Chair {MARK}".encode() in text)
        erased = await ana.client.send("DELETE", "/v1/me/vault", key=uuid4().hex)
        assert "erased_at" in str(erased.json())
        told = await eventually(
            lambda: read_topics(system.settings["LOCALEX_KAFKA_SERVERS"]),
            lambda found: any(b"gateway.VaultErased" in one for one in found),
        )
        planted = [one.encode() for one in (PHONE, NAME, NUMBER, DOCUMENT, ana.email, ben.email)]
    places = {"topics": b"\n".join(told), "index": index, "logs": b"\n".join(log_lines(logs))}
    assert MARK.encode() in places["index"]
    leaks = [(place, one) for place, text in places.items() for one in planted if one in text]
    assert leaks == []
