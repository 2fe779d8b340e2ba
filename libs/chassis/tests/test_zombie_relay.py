"""A relay that was taken for dead and goes on: on the real Postgres and Kafka it harms nothing."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.consumer import Consumer
from chassis.database import Database
from chassis.outbox import PARTS, emit
from chassis.relay import MARK_PUBLISHED, SELECT_PENDING, Relay
from chassis.sending import KafkaSender
from chassis.subscription import Subscription
from contracts.ledger import AccountOpened
from contracts.topics import LEDGER_ACCOUNTS
from libs.chassis.tests.probing import until
from libs.chassis.tests.test_consumer import count_up, effects
from libs.chassis.tests.test_relay import pending
from libs.chassis.tests.test_sending import settings_for
from libs.chassis.tests.words import ANA, BEN, account_opened
from tests.stack.backend import Backend
from tests.stack.database import ScratchDatabase

#: Whoever holds a relay's locks: of two numbers, in this database.
TAKE_FOR_DEAD = """
SELECT pg_terminate_backend(pid) FROM (
    SELECT DISTINCT pid FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
) AS owner
"""
SELECT_MARKS = "SELECT id, published_at, attempts, failed_at, xmin::text FROM outbox ORDER BY id"

type Where = Literal["before it sends", "before it marks"]


class Stalling:
    """A sender whose first send stands still until it is let go on."""

    def __init__(self, sender: KafkaSender, where: Where) -> None:
        self._sender = sender
        self._where = where
        self.stands = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.sent: list[int] = []

    async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
        """Send them, late or with a late answer."""
        self.sent.append(len(rows))
        if self._where == "before it sends":
            await self._stand()
        errors = await self._sender.send(rows)
        if self._where == "before it marks":
            await self._stand()
        return errors

    async def _stand(self) -> None:
        self.stands.set()
        await self.goes_on.wait()

    async def renew(self) -> None:
        """As the sender does."""
        await self._sender.renew()


@pytest.fixture
async def senders(kafka: Backend) -> AsyncIterator[tuple[KafkaSender, KafkaSender]]:
    """Two that are connected."""
    found = (KafkaSender(settings_for(kafka)), KafkaSender(settings_for(kafka)))
    for one in found:
        await one.start()
    yield found
    for one in found:
        await one.stop()


async def said(kafka: Backend, word: str) -> list[Any]:
    """Records of this test, in the order of their partitions."""
    client = AIOKafkaConsumer(bootstrap_servers=kafka.settings["LOCALEX_KAFKA_SERVERS"])
    await client.start()
    found: list[Any] = []
    try:
        parts = [TopicPartition(LEDGER_ACCOUNTS.name, n) for n in range(LEDGER_ACCOUNTS.partitions)]
        client.assign(parts)
        await client.seek_to_beginning()
        ends = await client.end_offsets(parts)
        for part in parts:
            while await client.position(part) < ends[part]:
                for records in (await client.getmany(part, timeout_ms=2000)).values():
                    found += [one for one in records if word.encode() in (one.value or b"")]
    finally:
        await client.stop()
    return found


async def say(database: Database, word: str, numbers: range) -> None:
    """One event of each of two people for each number."""
    async with database.transaction() as conn:
        for number in numbers:
            name = f"{word}-{number:03}"
            await emit(conn, account_opened(ANA, f"{name}-a"), account_opened(BEN, f"{name}-b"))


@pytest.mark.parametrize("where", ["before it sends", "before it marks"])
async def test_a_relay_that_was_taken_for_dead_marks_nothing_and_turns_no_order_around(
    kafka: Backend,
    scratch: ScratchDatabase,
    database: Database,
    senders: tuple[KafkaSender, KafkaSender],
    where: Where,
) -> None:
    """It stands still with rows in hand, loses its connection, and another sends these and more.

    When it goes on, what it sends lies behind, where the inbox knows it; no row is touched.
    """
    word = uuid4().hex[:12]
    await say(database, word, range(20))
    async with database.connection() as conn:
        in_hand = await conn.fetch(SELECT_PENDING, list(range(PARTS)), 100)
    zombie = Stalling(senders[0], where)
    first, second = Relay(database, zombie), Relay(database, senders[1])
    running = [asyncio.create_task(first.run())]
    try:
        await asyncio.wait_for(zombie.stands.wait(), 60)
        async with scratch.connect("admin") as admin:
            assert await admin.fetchval(TAKE_FOR_DEAD)
        running.append(asyncio.create_task(second.run()))

        async def nothing_waits() -> bool:
            return await pending(database) == 0

        await until(nothing_waits)
        await say(database, word, range(20, 25))
        await until(nothing_waits)
        before = [tuple(row) for row in await database.pool.fetch(SELECT_MARKS)]
        zombie.goes_on.set()
        # With the same rows in hand on a connection that lives, it could do no more.
        columns = zip(*((row["created_at"], row["id"]) for row in in_hand), strict=True)
        assert await database.pool.execute(MARK_PUBLISHED, *map(list, columns)) == "UPDATE 0"

        async def has_let_go() -> bool:
            # Back at its loop: its send has ended, and it owns nothing while the other does.
            return not first._owned and bool(second._owned)

        await until(has_let_go)
        await asyncio.sleep(0.3)
        assert [tuple(row) for row in await database.pool.fetch(SELECT_MARKS)] == before
        assert zombie.sent == [40]
    finally:
        zombie.goes_on.set()
        first.stop()
        second.stop()
        await asyncio.gather(*running)
    records = await said(kafka, word)
    assert len(records) == 50 + 40
    for key, letter in ((ANA, "a"), (BEN, "b")):
        mine = [one.value.decode() for one in records if one.key == str(key).encode()]
        at_first = list(dict.fromkeys(mine))
        wanted = [f'"{word}-{number:03}-{letter}"' for number in range(25)]
        assert all(name in text for name, text in zip(wanted, at_first, strict=True))
    hearing = Consumer(Subscription("gateway.probe", {AccountOpened: count_up}), database)
    await hearing.handle(records)
    counted = await effects(database)
    assert (len(counted), set(counted.values())) == (50, {1})
