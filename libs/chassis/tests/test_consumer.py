"""A message takes effect once; a message that fails harms no neighbour."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.consumer import Consumer
from chassis.database import Connection, Database
from chassis.ids import new_id
from chassis.problems import Refused
from chassis.seals import Seals, render_keys
from chassis.subscription import Subscription
from contracts.cloudevents import envelope_of, write_headers
from contracts.ledger import AccountOpened
from libs.chassis.tests.words import ANA, BEN, account_opened

GROUP = "gateway.probe"
COUNT_UP = """
INSERT INTO timer (kind, key, due_at) VALUES ('effect', $1, now())
ON CONFLICT (kind, key) DO UPDATE SET attempts = timer.attempts + 1
"""


async def count_up(conn: Connection, message: AccountOpened) -> None:
    """An effect that is not repeatable by itself: only the inbox keeps it from doubling."""
    await conn.execute(COUNT_UP, message.community)


def delivered(
    message: AccountOpened,
    *,
    event_id: UUID | None = None,
    offset: int = 0,
    traceparent: str | None = None,
    correlation_id: str | None = None,
) -> Any:
    """A Kafka record that carries the message."""
    envelope = envelope_of(
        message,
        event_id=event_id or new_id(),
        source="/ledger",
        occurred_at=datetime.now(UTC),
        traceparent=traceparent,
        correlation_id=correlation_id,
    )
    return SimpleNamespace(
        topic=message.TOPIC,
        partition=0,
        offset=offset,
        timestamp=0,
        value=message.model_dump_json().encode(),
        headers=[(name, value.encode()) for name, value in write_headers(envelope).items()],
    )


def consumer(
    database: Database, handler: Callable[[Connection, Any], Awaitable[None]] = count_up
) -> Consumer:
    """A consumer of one message type."""
    return Consumer(Subscription(GROUP, {AccountOpened: handler}), database)


async def effects(database: Database) -> dict[str, int]:
    """How often each message took effect."""
    async with database.connection() as conn:
        rows = await conn.fetch(
            "SELECT key, attempts + 1 AS count FROM timer WHERE kind = 'effect'"
        )
    return {row["key"]: row["count"] for row in rows}


async def outcomes(database: Database) -> list[str]:
    """What the inbox says."""
    async with database.connection() as conn:
        rows = await conn.fetch("SELECT outcome FROM inbox ORDER BY outcome")
    return [row["outcome"] for row in rows]


async def test_a_message_delivered_twice_takes_effect_once(database: Database) -> None:
    """In one batch and in two: the inbox, not the effect, keeps it from doubling."""
    record = delivered(account_opened(ANA, "once"))
    await consumer(database).handle([record, record])
    await consumer(database).handle([record])
    assert await effects(database) == {"once": 1}


async def test_of_a_batch_what_is_new_takes_effect_in_order(database: Database) -> None:
    """Read again with others around it, a message that is known is left out; nothing else is."""
    handled: list[str] = []

    async def note(_conn: Connection, message: AccountOpened) -> None:
        handled.append(message.community)

    first, known, last = (delivered(account_opened(ANA, name)) for name in ("c", "known", "a"))
    await consumer(database, note).handle([known])
    await consumer(database, note).handle([first, known, last])
    assert handled == ["known", "c", "a"]


async def test_a_message_without_its_seal_takes_no_effect(
    database: Database, tmp_path: Path
) -> None:
    """True in everything but the seal, as a stranger at the broker would write it: a dead letter.

    The true one, sealed, is heard after it under the same id.
    """
    (tmp_path / "keys.json").write_bytes(render_keys())
    seals = Seals.read(tmp_path / "keys.json")
    hearing = Consumer(Subscription(GROUP, {AccountOpened: count_up}), database, seals)
    forged = delivered(account_opened(ANA, "sealed"))
    await hearing.handle([forged])
    assert await effects(database) == {}
    headers = {name: value.decode() for name, value in forged.headers}
    sealed = seals.seal(forged.topic, headers, forged.value)
    forged.headers = [(name, text.encode()) for name, text in sealed.items()]
    await hearing.handle([forged])
    assert await effects(database) == {"sealed": 1}


async def test_two_groups_each_hear_a_message(database: Database) -> None:
    """The inbox is by consumer: one group's having seen it hides nothing from another."""
    record = delivered(account_opened(ANA, "both"))
    await consumer(database).handle([record])
    other = Consumer(Subscription("gateway.other", {AccountOpened: count_up}), database)
    await other.handle([record])
    assert await effects(database) == {"both": 2}


@pytest.mark.parametrize(
    "damage",
    [
        {"value": b"{"},
        {"value": None},
        {"value": b"x" * (600 * 1024)},
        {"headers": []},
        {"headers": [("ce_id", b"\xff\xfe")]},
        {"topic": "ledger.transfers.v1"},
        {"ce_source": b"/marketplace"},
        {"ce_subject": b"somebody else"},
        {"ce_aggregateversion": b"7"},
        {"ce_time": b"2026-11-21T12:00:00"},
        {"ce_dataschema": b"urn:localex:ledger.AccountOpened:99"},
        {"ce_type": b"../../etc/passwd"},
        {"ce_id": b"ffffffff-0000-7000-8000-00000000000a"},
        {"ce_correlationid": None},
        {"ce_correlationid": b"x" * 20_000},
        {f"x-{n}": b"x" for n in range(40)},
        {"traceparent": b"nonsense", "ce_source": b"/elsewhere"},
    ],
    ids=[
        "unparsable",
        "null",
        "oversized",
        "no headers",
        "bad header",
        "wrong topic",
        "unlawful producer",
        "wrong key",
        "wrong version",
        "no time zone",
        "unknown version",
        "unknown type",
        "of the future",
        "null header",
        "large header",
        "many headers",
        "broken trace",
    ],
)
async def test_poison_harms_no_neighbour(database: Database, damage: dict[str, Any]) -> None:
    """The good messages around it take effect; it is kept with its reason and announced."""
    poison = delivered(account_opened(BEN, "poison"), offset=1)
    parts = {"value", "headers", "topic"}
    vars(poison).update({name: value for name, value in damage.items() if name in parts})
    wrong = {name: value for name, value in damage.items() if name not in parts}
    poison.headers = [*(h for h in poison.headers if h[0] not in wrong), *wrong.items()]
    before = delivered(account_opened(ANA, "before"), offset=0)
    after = delivered(account_opened(ANA, "after"), offset=2)
    await consumer(database).handle([before, poison, after])
    await consumer(database).handle([poison])
    assert await effects(database) == {"before": 1, "after": 1}
    async with database.connection() as conn:
        letters = await conn.fetch("SELECT reason, message_offset FROM dead_letter")
        announced = await conn.fetchval("SELECT count(*) FROM outbox WHERE topic LIKE '%.dead'")
    assert [(bool(row["reason"]), row["message_offset"]) for row in letters] == [(True, 1)]
    assert announced == 1


async def test_a_refused_message_is_recorded_and_its_neighbours_are_done(
    database: Database,
) -> None:
    """An expected problem is an outcome, not a defect: no retry, no dead letter."""
    calls: list[str] = []

    async def refuse_some(conn: Connection, message: AccountOpened) -> None:
        calls.append(message.community)
        await count_up(conn, message)
        if message.community == "refused":
            raise Refused("not today")

    names = ["first", "refused", "last"]
    records = [delivered(account_opened(ANA, name)) for name in names]
    await consumer(database, refuse_some).handle(records)
    await consumer(database, refuse_some).handle(records)
    assert await effects(database) == {"first": 1, "last": 1}
    assert await outcomes(database) == ["PROCESSED", "PROCESSED", "REFUSED"]
    # Once in the batch, once alone; the second delivery of the batch finds it in the inbox.
    assert calls.count("refused") == 2


async def test_a_defect_is_tried_three_times_then_buried(database: Database) -> None:
    """The dead letter has the reason, the stack's digest and the trace; the neighbour is done."""
    tries = 0
    trace_id = uuid4().hex

    async def fail_some(conn: Connection, message: AccountOpened) -> None:
        nonlocal tries
        await count_up(conn, message)
        if message.community == "defect":
            tries += 1
            raise ZeroDivisionError

    traceparent = f"00-{trace_id}-00f067aa0ba902b7-01"
    records = [
        delivered(account_opened(ANA, "defect"), traceparent=traceparent),
        delivered(account_opened(ANA, "good"), offset=1),
    ]
    await consumer(database, fail_some).handle(records)
    assert await effects(database) == {"good": 1}
    assert tries == 4  # once in the batch, three times alone
    async with database.connection() as conn:
        row = await conn.fetchrow("SELECT * FROM dead_letter")
        announced = await conn.fetchrow("SELECT topic, headers FROM outbox")
    assert row["reason"] == "ZeroDivisionError()"
    assert row["trace_id"] == trace_id
    assert announced["topic"] == f"{AccountOpened.TOPIC}.dead"
    assert announced["headers"]["traceparent"] == traceparent
    assert len(row["stack_digest"]) == 16
    assert AccountOpened.model_validate_json(row["payload"]).community == "defect"
    assert row["headers"]["ce_type"] == "ledger.AccountOpened"
    assert await outcomes(database) == ["FAILED", "PROCESSED"]


async def test_what_is_ours_to_retry_is_retried(database: Database) -> None:
    """A deadlock is nobody's fault: the message is done when it is over."""
    failures = [asyncpg.DeadlockDetectedError("x"), asyncpg.DeadlockDetectedError("x")]

    async def deadlock_twice(conn: Connection, message: AccountOpened) -> None:
        if failures:
            raise failures.pop()
        await count_up(conn, message)

    await consumer(database, deadlock_twice).handle([delivered(account_opened(ANA, "late"))])
    assert await effects(database) == {"late": 1}
    assert await outcomes(database) == ["PROCESSED"]


async def test_types_without_a_handler_are_passed_over(database: Database) -> None:
    """A topic may carry more than a slice wants to hear."""
    deaf = Consumer(Subscription(GROUP, {}), database)
    await deaf.handle([delivered(account_opened(ANA))])
    assert await outcomes(database) == []


async def test_a_batch_that_was_turned_away_as_busy_is_tried_again_whole(
    database: Database,
) -> None:
    """One by one, its messages would only make what is busy busier."""
    sizes: list[int] = []

    async def busy_at_first(_conn: Connection, deliveries: Sequence[Any]) -> None:
        sizes.append(len(deliveries))
        if len(sizes) < 3:
            raise TimeoutError

    batch = Subscription("gateway.probe", batch=busy_at_first, messages=(AccountOpened,))
    records = [delivered(account_opened(ANA, name), offset=n) for n, name in enumerate("abc")]
    await Consumer(batch, database).handle(records)
    assert sizes == [3, 3, 3]
    assert await outcomes(database) == ["PROCESSED"] * 3


async def test_garbage_cannot_take_the_place_of_a_good_message(database: Database) -> None:
    """What is no message of ours does not speak for the event id that it claims."""
    event_id = new_id()
    garbage = delivered(account_opened(ANA, "good"), event_id=event_id)
    garbage.value = b"{"
    await consumer(database).handle([garbage])
    good = delivered(account_opened(ANA, "good"), event_id=event_id, offset=1)
    await consumer(database).handle([good])
    assert await effects(database) == {"good": 1}


async def test_what_the_inbox_has_forgotten_is_passed_over_or_borne(database: Database) -> None:
    """An event of last year takes effect only where the effects look at versions of their own."""
    last_year = UUID("019400d8-f900-7000-8000-00000000000a")
    old = delivered(account_opened(ANA, "old"), event_id=last_year)
    await consumer(database).handle([old])
    assert await effects(database) == {}
    bears = Subscription(GROUP, {AccountOpened: count_up}, rereads=True)
    await Consumer(bears, database).handle([old])
    assert await effects(database) == {"old": 1}


async def test_nothing_in_a_message_chooses_a_topic_a_file_or_a_query(database: Database) -> None:
    """Topics, paths and SQL in a message stay text; its letter goes where the record came from."""
    hostile = "'; DROP TABLE inbox; -- ../../etc/passwd ledger.transfers.v1"
    poison = delivered(account_opened(BEN, hostile))
    poison.value = poison.value[:-1]
    asks = {"reply_to": b"ledger.transfers.v1", "ce_type": hostile.encode(), "topic": b"x"}
    poison.headers = [*(h for h in poison.headers if h[0] not in asks), *asks.items()]
    await consumer(database).handle([poison])
    async with database.connection() as conn:
        said = await conn.fetch("SELECT topic, headers FROM outbox")
        kept = await conn.fetchrow("SELECT topic, type_name FROM dead_letter")
    assert [row["topic"] for row in said] == ["ledger.accounts.v1.dead"]
    assert dict(kept) == {"topic": "ledger.accounts.v1", "type_name": hostile}
