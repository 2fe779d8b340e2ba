"""Dead letters are redriven and events replayed by an operator: audited, limited, guarded."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from chassis.aftercare import look_after
from chassis.consumer import Consumer
from chassis.database import Connection, Database, prepare_connection
from chassis.ids import new_id
from chassis.outbox import emit
from chassis.problems import Refused
from chassis.subscription import Subscription
from contracts.ledger import AccountOpened
from libs.chassis.tests.test_consumer import GROUP, count_up, delivered, effects, outcomes
from libs.chassis.tests.test_relay import RecordingBroker, relay_until_idle
from libs.chassis.tests.words import ANA, account_opened
from tests.stack.database import ScratchDatabase

REDRIVE = "SELECT redrive_dead_letter($1, 'olga', 'mended')"
REPLAY = "SELECT replay_outbox($1, $2, NULL, NULL, 'olga', 'kafka lost a disk')"


@pytest.fixture
async def operator(scratch: ScratchDatabase, database: Database) -> AsyncIterator[Any]:
    """A connection as an operator's; `database` has emptied the tables."""
    del database
    async with scratch.connect("admin") as admin:
        await admin.execute(
            "ALTER TABLE gateway.operator_action DISABLE TRIGGER USER;"
            "TRUNCATE gateway.operator_action;"
            "ALTER TABLE gateway.operator_action ENABLE TRIGGER USER"
        )
    conn = await asyncpg.connect(scratch.url("operator"))
    await prepare_connection(conn)
    await conn.execute("SET search_path = gateway")
    yield conn
    await conn.close()


class Mendable:
    """A handler with a defect, until it is mended."""

    def __init__(self) -> None:
        self.wrong: Exception | None = ZeroDivisionError()

    async def __call__(self, conn: Connection, message: AccountOpened) -> None:
        """Count up, or fail after having done half."""
        await count_up(conn, message)
        if self.wrong:
            raise self.wrong


async def buried(database: Database, handler: Mendable) -> tuple[Consumer, int]:
    """A consumer, and the dead letter it has made."""
    consumer = Consumer(Subscription(GROUP, {AccountOpened: handler}), database)
    await consumer.handle([delivered(account_opened(ANA, "late"), offset=new_id().int % 2**60)])
    letter: int = await database.pool.fetchval("SELECT max(id) FROM dead_letter")
    return consumer, letter


async def state_of(database: Database, letter: int) -> tuple[str, int, str]:
    """State, redrives and reason of a letter."""
    row = await database.pool.fetchrow("SELECT * FROM dead_letter WHERE id = $1", letter)
    return row["state"], row["redrives"], row["reason"]


async def test_a_mended_letter_takes_effect_once(database: Database, operator: Any) -> None:
    """By the consumer that gave it up, and the inbox says so; a second redrive is refused."""
    handler = Mendable()
    consumer, letter = await buried(database, handler)
    handler.wrong = None
    assert await operator.fetchval(REDRIVE, letter) == 1
    assert await look_after(consumer) == 1
    assert await look_after(consumer) == 0
    assert await effects(database) == {"late": 1}
    assert await outcomes(database) == ["PROCESSED"]
    assert (await state_of(database, letter))[0] == "REDRIVEN"
    with pytest.raises(asyncpg.CheckViolationError, match="not DEAD"):
        await operator.fetchval(REDRIVE, letter)


async def test_a_letter_that_fails_again_is_dead_again_and_not_for_ever(
    database: Database, operator: Any
) -> None:
    """Each time without half an effect; the sixth redrive is refused: mend the cause."""
    consumer, letter = await buried(database, Mendable())
    for times in range(1, 6):
        assert await operator.fetchval(REDRIVE, letter) == times
        await look_after(consumer)
        assert await state_of(database, letter) == ("DEAD", times, "ZeroDivisionError()")
    with pytest.raises(asyncpg.CheckViolationError, match="mend the cause"):
        await operator.fetchval(REDRIVE, letter)
    assert await effects(database) == {}


async def test_a_refusal_settles_a_letter(database: Database, operator: Any) -> None:
    """An expected problem is an outcome."""
    handler = Mendable()
    consumer, letter = await buried(database, handler)
    handler.wrong = Refused("not today")
    await operator.fetchval(REDRIVE, letter)
    await look_after(consumer)
    assert await state_of(database, letter) == ("REDRIVEN", 1, "refused: refused: not today")
    assert await outcomes(database) == ["REFUSED"]


async def test_an_unlawful_message_stays_dead(database: Database, operator: Any) -> None:
    """Redriving checks again who may write to the topic."""
    consumer = Consumer(Subscription(GROUP, {AccountOpened: count_up}), database)
    poison = delivered(account_opened(ANA, "forged"))
    poison.headers = [(n, b"/search" if n == "ce_source" else v) for n, v in poison.headers]
    await consumer.handle([poison])
    letter = await database.pool.fetchval("SELECT id FROM dead_letter")
    await operator.fetchval(REDRIVE, letter)
    await look_after(consumer)
    state, _, reason = await state_of(database, letter)
    assert (state, "may not write" in reason) == ("DEAD", True)
    assert await effects(database) == {}


async def test_a_letter_whose_event_was_handled_does_nothing(
    database: Database, operator: Any, scratch: ScratchDatabase
) -> None:
    """Garbage with the id of a good message is no second effect, once a newer code can read it."""
    consumer = Consumer(Subscription(GROUP, {AccountOpened: count_up}), database)
    event_id = new_id()
    bad = delivered(account_opened(ANA, "x"), event_id=event_id)
    readable, bad.value = bad.value, b"{"
    await consumer.handle([bad])
    await consumer.handle([delivered(account_opened(ANA, "x"), event_id=event_id, offset=1)])
    async with scratch.connect("admin") as admin:
        await admin.execute("UPDATE gateway.dead_letter SET payload = $1", readable)
    letter = await database.pool.fetchval("SELECT id FROM dead_letter")
    await operator.fetchval(REDRIVE, letter)
    await look_after(consumer)
    assert await state_of(database, letter) == ("REDRIVEN", 1, "it was handled meanwhile")
    assert await effects(database) == {"x": 1}


async def test_a_letter_is_discarded_with_a_reason(database: Database, operator: Any) -> None:
    """It stays in the table, with who did it."""
    _, letter = await buried(database, Mendable())
    with pytest.raises(asyncpg.CheckViolationError, match="say why"):
        await operator.execute("SELECT discard_dead_letter($1, 'olga', '')", letter)
    await operator.execute("SELECT discard_dead_letter($1, 'olga', 'a test')", letter)
    row = await operator.fetchrow("SELECT acted_by, acted_as, action, subject FROM operator_action")
    assert tuple(row) == ("olga", "localex_operator", "dead.discard", str(letter))
    assert (await state_of(database, letter))[0] == "DISCARDED"


async def test_too_much_at_once_is_refused(database: Database, operator: Any) -> None:
    """Six replays a minute are enough to look at what they did."""
    del database
    now = datetime.now(UTC)
    for _ in range(6):
        await operator.fetchval(REPLAY, now - timedelta(hours=1), now)
    with pytest.raises(asyncpg.CheckViolationError, match="in a minute are enough"):
        await operator.fetchval(REPLAY, now - timedelta(hours=1), now)


async def test_what_was_published_is_sent_again_in_order(database: Database, operator: Any) -> None:
    """And what Kafka refused has its tries anew."""
    async with database.transaction() as conn:
        await emit(conn, *(account_opened(ANA, f"a{n}") for n in range(5)))
    broker = RecordingBroker()
    await relay_until_idle(database, broker)
    now = datetime.now(UTC)
    assert await operator.fetchval(REPLAY, now - timedelta(hours=1), now) == 5
    await relay_until_idle(database, broker)
    texts = [payload.decode() for _, _, payload in broker.sent]
    assert texts == texts[:5] * 2
    with pytest.raises(asyncpg.CheckViolationError, match="7 days"):
        await operator.fetchval(REPLAY, now - timedelta(days=8), now)


async def test_what_operators_did_is_never_changed(database: Database, operator: Any) -> None:
    """Not by the service, not by the operator, not by the owner."""
    _, letter = await buried(database, Mendable())
    await operator.fetchval(REDRIVE, letter)
    for change in ("UPDATE operator_action SET acted_by = 'x'", "DELETE FROM operator_action"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await operator.execute(change)
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await database.pool.execute(change)


async def test_not_even_the_owner_changes_what_operators_did(
    scratch: ScratchDatabase, database: Database, operator: Any
) -> None:
    """The trigger holds for every client."""
    _, letter = await buried(database, Mendable())
    await operator.fetchval(REDRIVE, letter)
    changes = ("UPDATE {} SET acted_by = 'x'", "DELETE FROM {}", "TRUNCATE {}")
    async with scratch.connect("admin") as admin:
        for change in changes:
            with pytest.raises(asyncpg.CheckViolationError, match="never changed"):
                await admin.execute(change.format("gateway.operator_action"))


async def test_an_operator_can_do_nothing_else(operator: Any) -> None:
    """Least privilege: no table is written, no payload of the outbox read, no service's call."""
    for statement in (
        "UPDATE dead_letter SET state = 'DEAD'",
        "UPDATE outbox SET published_at = NULL",
        "SELECT payload FROM outbox",
        "INSERT INTO inbox (consumer, event_day, event_id) VALUES ('x', now(), uuidv7())",
        "INSERT INTO operator_action (acted_by, action, subject) VALUES ('x', 'saga.resume', 'x')",
        "SELECT drop_message_partitions(current_date, 8, 35)",
        "SELECT * FROM person",
    ):
        with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError)):
            await operator.execute(statement)


async def test_a_service_redrives_nothing_by_itself(database: Database) -> None:
    """The functions are the operator's alone."""
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await database.pool.execute("SELECT redrive_dead_letter(1, 'x', 'x')")


async def test_functions_with_the_owners_rights_are_for_those_who_need_them(
    operator: Any,
) -> None:
    """In every schema: an operator can call three, and they keep what was done."""
    rows = await operator.fetch("""
        SELECT DISTINCT proname FROM pg_proc
        WHERE prosecdef AND prorettype <> 'trigger'::regtype
            AND pronamespace::regnamespace::text NOT IN ('pg_catalog', 'extensions')
            AND has_function_privilege('localex_operator', oid, 'EXECUTE')
    """)
    assert {row["proname"] for row in rows} == {
        "redrive_dead_letter",
        "discard_dead_letter",
        "replay_outbox",
        "archive_audit_month",
    }
