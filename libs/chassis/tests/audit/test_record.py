"""What people with power do is written down, whether a route says more of it or not."""

from typing import Any

from chassis import context
from chassis.audit.record import Act, record_acts
from chassis.database import Database
from chassis.idempotency import Answer, KeyedRequest, answer_once
from libs.chassis.tests.audit.conftest import ANA


async def test_what_the_office_does_is_audited(database: Database) -> None:
    """An operator's command leaves an event of its own, by the name they gave."""
    await database.pool.execute(
        "INSERT INTO operator_action (acted_by, action, subject, reason) "
        "VALUES ('olga', 'saga.resume', 'trade 1', 'it stood still')"
    )
    row = await database.pool.fetchrow("SELECT * FROM audit_event")
    assert (row["action"], row["actor_name"], row["reason"]) == (
        "office.saga.resume",
        "olga",
        "it stood still",
    )


async def write_once(database: Database, key: str, content: dict[str, Any], *act: Act) -> None:
    """A keyed write that may tell the audit log more."""

    async def perform(conn: Any) -> Answer:
        await record_acts(conn, *act)
        return Answer.of(200, {})

    await answer_once(database, KeyedRequest("o", key, "POST /v1/things", content), perform)


async def in_request(*, power: bool) -> None:
    """As in a request of somebody."""
    context.origin.set(context.Origin("192.0.2.7", None, ANA, None, power))
    context.audited.set(False)


async def test_people_with_power_leave_an_event_whatever_the_route_says(database: Database) -> None:
    """A write that tells nothing is told as it was asked for, once for its key."""
    await in_request(power=True)
    content = {"thing_id": "t1", "reason": "because"}
    await write_once(database, "k", content)
    await write_once(database, "k", content)
    [row] = await database.pool.fetch("SELECT * FROM audit_event")
    assert (row["action"], row["entity"], row["entity_id"]) == ("POST /v1/things", "thing", "t1")
    assert (row["actor_id"], row["reason"], row["after"]) == (ANA, "because", {"asked": content})


async def test_a_verb_that_tells_more_is_told_once(database: Database) -> None:
    """What the verb says stands in place of what was asked."""
    await in_request(power=True)
    await write_once(database, "k", {}, Act("thing.mended", "thing", "t1"))
    [row] = await database.pool.fetch("SELECT action FROM audit_event")
    assert row["action"] == "thing.mended"


async def test_members_own_writes_leave_nothing(database: Database) -> None:
    """They are in the books already, and cost nothing here."""
    await in_request(power=False)
    await write_once(database, "k", {"thing_id": "t1"})
    assert await database.pool.fetchval("SELECT count(*) FROM audit_event") == 0
