"""An aggregate's versions are taken in turn; what comes early waits, bounded in number and time."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import permutations
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from chassis import turns
from chassis.aftercare import look_after
from chassis.consumer import Consumer
from chassis.database import Connection, Database
from chassis.ids import new_id
from chassis.problems import Refused
from chassis.subscription import Subscription
from contracts.cloudevents import envelope_of, write_headers
from contracts.gateway import (
    UserChanged,
    UserErased,
    UserErasurePostponed,
    UserLeft,
    UserRegistered,
)
from contracts.ledger import EscrowFunded
from libs.chassis.tests.words import ANA, BEN

NOTE = "INSERT INTO timer (kind, key, due_at) VALUES ($1, $2, clock_timestamp())"


def renamed(user: UUID, version: int) -> UserRegistered:
    """A user's change, which knows its place among the user's changes."""
    return UserRegistered(
        user_id=user, display_name=f"v{version}", community="x", roles=("MEMBER",), version=version
    )


def record(message: UserRegistered, event_id: UUID | None = None) -> Any:
    """A Kafka record that carries the message."""
    envelope = envelope_of(
        message, event_id=event_id or new_id(), source="/gateway", occurred_at=datetime.now(UTC)
    )
    return SimpleNamespace(
        topic=message.TOPIC,
        partition=0,
        offset=new_id().int % 2**62,
        value=message.model_dump_json().encode(),
        headers=[(name, value.encode()) for name, value in write_headers(envelope).items()],
    )


async def note(conn: Connection, event: UserRegistered) -> None:
    """An effect that fails when it is repeated."""
    await conn.execute(NOTE, str(event.user_id), event.display_name)


def in_turn(database: Database, handler: Callable[..., Any] = note) -> Consumer:
    """A consumer that takes versions in turn."""
    all_of_users = (UserRegistered, UserChanged, UserLeft, UserErasurePostponed, UserErased)
    hears: dict[type[Any], Any] = dict.fromkeys(all_of_users, handler)
    return Consumer(Subscription("gateway.turns", hears, in_turn=True), database)


async def seen(database: Database, user: UUID) -> list[str]:
    """What took effect, in order."""
    rows = await database.pool.fetch(
        "SELECT key FROM timer WHERE kind = $1 ORDER BY due_at", str(user)
    )
    return [row["key"] for row in rows]


async def outcomes(database: Database) -> list[str]:
    """What the inbox says."""
    rows = await database.pool.fetch("SELECT outcome FROM inbox ORDER BY outcome")
    return [row["outcome"] for row in rows]


@pytest.mark.parametrize("order", list(permutations([1, 2, 3])))
@pytest.mark.parametrize("together", [True, False])
async def test_any_order_of_arrival_ends_in_the_order_of_versions(
    database: Database, order: tuple[int, ...], *, together: bool
) -> None:
    """In one batch or one by one, with every message twice."""
    consumer = in_turn(database)
    records = [record(renamed(ANA, version)) for version in order]
    for batch in [records] if together else [[one] for one in records]:
        await consumer.handle(batch)
        await consumer.handle(batch)
    assert await seen(database, ANA) == ["v1", "v2", "v3"]
    assert await outcomes(database) == ["PROCESSED"] * 3
    assert await database.pool.fetchval("SELECT count(*) FROM parked_message") == 0


async def test_a_gap_holds_up_its_own_aggregate_only(database: Database) -> None:
    """What waits is told in the inbox; a neighbour goes on."""
    records = [record(renamed(ANA, 1)), record(renamed(ANA, 3)), record(renamed(BEN, 1))]
    await in_turn(database).handle(records)
    assert (await seen(database, ANA), await seen(database, BEN)) == (["v1"], ["v1"])
    assert await outcomes(database) == ["PARKED", "PROCESSED", "PROCESSED"]


async def test_an_older_version_changes_nothing(database: Database) -> None:
    """A late event of another id, such as after a relay lost its lock, is stale."""
    await in_turn(database).handle([record(renamed(ANA, n)) for n in (1, 2)])
    await in_turn(database).handle([record(renamed(ANA, 1))])
    assert await seen(database, ANA) == ["v1", "v2"]
    assert await outcomes(database) == ["PROCESSED", "PROCESSED", "STALE"]


async def test_what_waits_too_long_becomes_a_dead_letter(database: Database) -> None:
    """With the version it waited for; nobody is told that it was handled."""
    await in_turn(database).handle([record(renamed(ANA, 4))])
    assert await look_after(in_turn(database)) == 0
    assert await look_after(in_turn(database), parked_seconds=0) == 1
    reason = await database.pool.fetchval("SELECT reason FROM dead_letter")
    assert reason == "version 4 waited 0 s for version 1"
    assert await outcomes(database) == ["FAILED"]


async def test_the_parking_place_is_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a key and in all: beyond it a message is given up at once, with its reason."""
    monkeypatch.setattr(turns, "PARKED_OF_KEY_MAX", 2)
    monkeypatch.setattr(turns, "PARKED_MAX", 3)
    early = [record(renamed(user, n)) for user in (ANA, BEN) for n in (3, 4, 5)]
    await in_turn(database).handle(early)
    parked = await database.pool.fetch("SELECT key FROM parked_message ORDER BY key")
    assert [row["key"] for row in parked] == [str(ANA), str(ANA), str(BEN)]
    letters = await database.pool.fetch("SELECT reason FROM dead_letter")
    assert [row["reason"].split(" wait")[0] for row in letters] == ["too many messages"] * 3
    assert (await outcomes(database)).count("FAILED") == 3


async def test_a_refused_version_lets_the_next_one_go_on(database: Database) -> None:
    """A refusal is an outcome; a defect holds up what builds on it."""

    async def refuse_some(conn: Connection, event: UserRegistered) -> None:
        if event.display_name == "v1":
            raise Refused("not today")
        if event.display_name == "v3":
            raise ZeroDivisionError
        await note(conn, event)

    await in_turn(database, refuse_some).handle([record(renamed(ANA, n)) for n in (1, 2, 3, 4)])
    assert await seen(database, ANA) == ["v2"]
    assert await outcomes(database) == ["FAILED", "PARKED", "PROCESSED", "REFUSED"]


async def test_a_parked_message_that_fails_harms_no_other(database: Database) -> None:
    """It is buried by itself when its turn has come, not the one that let it in."""

    async def fail_some(conn: Connection, event: UserRegistered) -> None:
        if event.display_name == "v2":
            raise ZeroDivisionError
        await note(conn, event)

    consumer = in_turn(database, fail_some)
    await consumer.handle([record(renamed(ANA, 2))])
    await consumer.handle([record(renamed(ANA, 1))])
    assert await seen(database, ANA) == ["v1"]
    assert await database.pool.fetchval("SELECT reason FROM dead_letter") == "ZeroDivisionError()"
    assert await outcomes(database) == ["FAILED", "PROCESSED"]


async def test_what_a_crash_left_parked_is_taken_up(database: Database) -> None:
    """Between the commit that moved the head and the draining, a process may die."""
    await in_turn(database).handle([record(renamed(ANA, 2))])
    await database.pool.execute("UPDATE aggregate_head SET version = 1 WHERE key = $1", str(ANA))
    assert await look_after(in_turn(database)) == 1
    assert await seen(database, ANA) == ["v2"]


def test_a_subscription_in_turn_hears_every_version() -> None:
    """A type that nobody hears would be a gap for ever."""
    with pytest.raises(ValueError, match="EscrowRefused"):
        Subscription("marketplace.x", {EscrowFunded: note}, in_turn=True)
