"""What was acknowledged is marked, a prefix for each key; what was not is sent again."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from hypothesis import given
from hypothesis import strategies as st

from chassis.database import Database
from chassis.outbox import PARTS, emit, part_of
from chassis.relay import Relay, acknowledged_prefix
from libs.chassis.tests.words import ANA, BEN, account_opened


class RecordingBroker:
    """Stands for Kafka: keeps what it is sent, and fails as told."""

    def __init__(self, *, slow: bool = False) -> None:
        self.slow = slow
        self.sent: list[tuple[str, bytes, bytes]] = []
        self.renewed = 0
        self.fail: dict[bytes, list[Exception]] = {}

    async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
        """Acknowledge, or fail with the next error for this key."""
        if self.slow:
            await asyncio.sleep(0.3)
        return [self._send_one(row) for row in rows]

    def _send_one(self, row: Any) -> BaseException | None:
        key = row["key"].encode()
        if errors := self.fail.get(key):
            return errors.pop(0)
        self.sent.append((row["topic"], key, row["payload"].encode()))
        return None

    async def renew(self) -> None:
        """Count how often the relay gave the connection up."""
        self.renewed += 1


class HoldingBroker(RecordingBroker):
    """Acknowledges nothing until it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
        """Keep the rows in hand."""
        self.begun.set()
        await self.go_on.wait()
        return await super().send(rows)


async def relay_until_idle(database: Database, broker: Any) -> None:
    """Run the relay until nothing that can be sent is pending."""
    await run_until_idle(database, Relay(database, broker))


async def run_until_idle(database: Database, *relays: Relay) -> None:
    """Run relays until nothing that can be sent is pending."""
    running = [asyncio.create_task(relay.run()) for relay in relays]
    async with asyncio.timeout(20):
        while await pending(database):  # noqa: ASYNC110 - the state is in the database
            await asyncio.sleep(0.02)
    for relay in relays:
        relay.stop()
    await asyncio.gather(*running)


async def pending(database: Database) -> int:
    """How many rows wait."""
    async with database.connection() as conn:
        count: int = await conn.fetchval(
            "SELECT count(*) FROM outbox WHERE published_at IS NULL AND failed_at IS NULL"
        )
    return count


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.booleans()),
        max_size=30,
    )
)
def test_no_key_skips_a_row(batch: list[tuple[str, bool]]) -> None:
    """Within a key, nothing behind the first failure counts as sent."""
    rows: list[dict[str, Any]] = [{"id": index, "key": key} for index, (key, _) in enumerate(batch)]
    errors = [None if sent else OSError() for _, sent in batch]
    done, failed = acknowledged_prefix(rows, errors)
    for name in "abc":
        mine = [row["id"] for row in rows if row["key"] == name]
        first = next((i for i in mine if errors[i] is not None), None)
        expected = mine if first is None else [i for i in mine if i < first]
        assert [row["id"] for row in done if row["id"] in mine] == expected
        assert [i for i, _ in failed if i in mine] == ([] if first is None else [first])


def test_parts_are_stable_and_in_range() -> None:
    """A key's part is the same in every process, or two relays would both send it."""
    assert part_of("01936d00") == part_of("01936d00")
    assert {part_of(str(n)) for n in range(1000)} == set(range(PARTS))


async def test_events_are_sent_in_order_within_a_key(database: Database) -> None:
    """Ids grow while the aggregate is locked; the relay keeps that order."""
    async with database.transaction() as conn:
        for version in range(40):
            await emit(conn, account_opened(ANA, f"a{version}"), account_opened(BEN, f"b{version}"))
    broker = RecordingBroker()
    await relay_until_idle(database, broker)
    for account, letter in ((ANA, "a"), (BEN, "b")):
        mine = [p.decode() for _, key, p in broker.sent if key == str(account).encode()]
        assert [f'"{letter}{n}"' in text for n, text in enumerate(mine)] == [True] * 40


async def test_marks_are_seen_where_communities_are_kept_apart(database: Database) -> None:
    """The relay holds its connection for ever: in a transaction, nobody would see its marks."""
    apart = Database(database.pool, by_community=True)
    async with apart.transaction() as conn:
        await emit(conn, account_opened(ANA, "one"))
    await relay_until_idle(apart, RecordingBroker())
    assert await pending(database) == 0


async def test_a_broker_that_is_away_loses_nothing(database: Database) -> None:
    """A lost connection is no fault of the row: it is sent when the broker is back."""
    async with database.transaction() as conn:
        await emit(conn, account_opened(ANA, "a0"), account_opened(ANA, "a1"))
    broker = RecordingBroker()
    broker.fail[str(ANA).encode()] = [KafkaConnectionError(), KafkaConnectionError()]
    await relay_until_idle(database, broker)
    texts = [payload.decode() for _, _, payload in broker.sent]
    assert ['"a0"' in texts[-2], '"a1"' in texts[-1]] == [True, True]


async def test_a_row_that_kafka_refuses_fails_after_three_tries(database: Database) -> None:
    """An oversized message is given up with its error, and its neighbours go out."""
    async with database.transaction() as conn:
        await emit(conn, account_opened(ANA, "a0"), account_opened(BEN, "b0"))
    broker = RecordingBroker()
    broker.fail[str(ANA).encode()] = [MessageSizeTooLargeError() for _ in range(3)]
    await relay_until_idle(database, broker)
    async with database.connection() as conn:
        row = await conn.fetchrow(
            "SELECT attempts, last_error FROM outbox WHERE failed_at IS NOT NULL"
        )
    assert (row["attempts"], "TooLarge" in row["last_error"]) == (3, True)
    assert [key for _, key, _ in broker.sent] == [str(BEN).encode()]


async def test_two_relays_share_the_parts(database: Database) -> None:
    """One active relay for each key partition: nothing is sent twice while both run."""
    async with database.transaction() as conn:
        await emit(conn, *(account_opened(ANA, f"x{n}") for n in range(50)))
    broker = RecordingBroker(slow=True)
    await run_until_idle(database, Relay(database, broker), Relay(database, broker))
    assert len(broker.sent) == 50


async def test_what_is_said_until_a_relay_is_told_to_end_is_sent(database: Database) -> None:
    """Also while its batch is on the way; what comes after that is for the next one."""
    broker = HoldingBroker()
    relay = Relay(database, broker)
    async with database.transaction() as conn:
        await emit(conn, account_opened(ANA, "first"))
    running = asyncio.create_task(relay.run())
    await broker.begun.wait()
    async with database.transaction() as conn:
        await emit(conn, account_opened(BEN, "last"))
    relay.stop()
    broker.go_on.set()
    async with asyncio.timeout(20):
        await running
    assert [key for _, key, _ in broker.sent] == [str(ANA).encode(), str(BEN).encode()]
    assert await pending(database) == 0


async def test_a_relay_that_ends_does_not_wait_for_silence(database: Database) -> None:
    """Whoever goes on talking does not keep it: one batch behind the order to end is the last."""

    class TalkingBroker(RecordingBroker):
        async def send(self, rows: Sequence[Any]) -> list[BaseException | None]:
            """Say something more for each batch."""
            async with database.transaction() as conn:
                await emit(conn, account_opened(ANA, f"x{len(self.sent)}"))
            relay.stop()
            return await super().send(rows)

    broker = TalkingBroker()
    relay = Relay(database, broker)
    async with database.transaction() as conn:
        await emit(conn, account_opened(ANA, "first"))
    async with asyncio.timeout(20):
        await relay.run()
    assert (len(broker.sent), await pending(database)) == (2, 1)


async def test_a_rolled_back_change_says_nothing(database: Database) -> None:
    """State and event in the same transaction, or not at all."""
    try:
        async with database.transaction() as conn:
            await emit(conn, account_opened(ANA, "a0"))
            raise RuntimeError  # noqa: TRY301 - the crash is the test
    except RuntimeError:
        pass
    assert await pending(database) == 0
