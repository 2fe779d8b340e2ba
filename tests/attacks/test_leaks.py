"""What is personal stays where it is kept: a whole run with planted data, then all is searched."""

import asyncio
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import httpx2
import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import ALL_TOPICS
from tests.attacks.edge import ask
from tests.journeys.people import PASSWORD, Actor, eventually, operator, somebody
from tests.stack.plugin import System

MARK: Final = uuid4().hex[:10]
#: Values of the vault, by field.
KEPT: Final = {
    "phone": f"+34{int(MARK, 16) % 10**9:09}",
    "legal_name": f"Planted Legal-{MARK}",
    "tax_number": f"TAX{MARK.upper()}",
    "postal_address": f"Planted Street 12-{MARK}, Riverside",
    "identity_document": f"scan of {MARK} passport",
}
READ_SECONDS: Final = 60.0
SELECT_TABLES: Final = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class AS c INNER JOIN pg_namespace AS n
    ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1
"""
#: Where an e-mail address is: to log in with, and, until a day after a code's end, for its code.
ADDRESSES: Final = frozenset({"gateway.login_identity", "gateway.one_time_code"})
SERVICES: Final = ("gateway", "ledger", "marketplace", "search")


async def read_topics(servers: str) -> list[bytes]:
    """Everything in all topics, dead letters too: keys, headers and payloads."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await consumer.start()
    try:
        parts = [TopicPartition(t.name, n) for t in ALL_TOPICS for n in range(t.partitions)]
        consumer.assign(parts)
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


def found_in(places: Mapping[str, bytes], values: Iterable[str]) -> list[tuple[str, str]]:
    """Which value is in which place, as it is or as hex."""
    return [
        (place, value)
        for place, text in places.items()
        for value in values
        if value.encode() in text or value.encode().hex().encode() in text
    ]


async def keep(person: Actor, field: str, value: str) -> httpx2.Response:
    """Keep a value in one's own vault."""
    path = f"/v1/me/vault/{field}"
    return await person.client.send("PUT", path, json={"value": value}, key=uuid4().hex)


async def trade_and_look(system: System, ana: Actor, ben: Actor) -> None:
    """What people do: keep, mistype, trade, log in wrongly, are looked at by an operator."""
    for field, value in KEPT.items():
        assert (await keep(ana, field, value)).status_code == 200
    assert (await keep(ana, "nationality", KEPT["legal_name"])).status_code == 422
    query = {"q": "chair", "unknown": KEPT["legal_name"]}
    await ana.client.send("GET", "/v1/items", query=query)
    chair = await ana.client.create_item(f"Chair {MARK}", price="9.00")
    trade = await ben.client.offer(chair.id, "9.00")
    await ana.client.accept(trade.id)
    await ben.reaches(trade.id, "funded")
    for password in (PASSWORD + "!", KEPT["legal_name"]):
        wrong = {"email": ana.email, "password": password}
        assert (await ben.client.send("POST", "/v1/sessions", json=wrong)).status_code == 401
    reset = {"email": ana.email}
    asked = await ask(system.gateway, "POST", "/v1/users/password-resets", json=reset)
    assert asked.status_code == 202
    async with operator(system) as looking:
        answer = await looking.send(
            "POST",
            f"/v1/users/{ana.user.id}/vault/readings",
            json={"fields": ["phone", "legal_name"], "reason": "a journey looks for leaks"},
        )
        assert KEPT["phone"] in str(answer.json())


async def test_nothing_personal_leaves_its_place(system: System) -> None:
    """Logs, topics, the index, metrics and tables have no e-mail, name, number or document."""
    logs = getattr(system.backend, "logs", None)
    if logs is None:
        pytest.skip("containers keep their logs with the daemon, not in a folder")
    async with somebody(system, "Ana") as ana, somebody(system, "Ben", credits="9.00") as ben:
        await trade_and_look(system, ana, ben)
        url = system.settings["LOCALEX_OPENSEARCH_URL"]

        async def indexed() -> bytes:
            return await asyncio.to_thread(read_index, url)

        index = await eventually(indexed, lambda text: f"Chair {MARK}".encode() in text)
        tables = await read_tables(system.backend.admin_url)
        erased = await ana.client.send("DELETE", "/v1/me/vault", key=uuid4().hex)
        assert "erased_at" in str(erased.json())
        told = await eventually(
            lambda: read_topics(system.settings["LOCALEX_KAFKA_SERVERS"]),
            lambda found: any(b"gateway.VaultErased" in one for one in found),
        )
    places = {
        "topics": b"\n".join(told),
        "index": index,
        "logs": b"\n".join(log_lines(logs)),
        "metrics": await read_metrics(system),
        **tables,
    }
    # What is no secret is found: the search would see it.
    assert MARK.encode() in places["index"]
    assert found_in({"items": tables["marketplace.item"]}, [f"Chair {MARK}"])
    assert b"request.refused" in places["logs"]
    emails = [ana.email, ben.email]
    assert {place for place, _ in found_in(places, emails)} == ADDRESSES
    assert found_in(places, [*KEPT.values(), PASSWORD]) == []


def test_the_search_for_leaks_can_find() -> None:
    """A value as it is and as hex; neither where there is none."""
    planted = {"log": b"to ana@example.org", "table": b"(\\x616e61406578616d706c65)", "well": b""}
    assert found_in(planted, ["ana@example"]) == [("log", "ana@example"), ("table", "ana@example")]
