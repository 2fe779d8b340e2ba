"""Of who is erased the gateway keeps an id, and what the law of the books and of audit keeps."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from chassis.ids import new_id
from gateway.live.lifecycle import News
from gateway.live.tell import tell_people
from services.gateway.tests.departures.conftest import Person
from tests.stack.database import ScratchDatabase

#: Tables that name people and keep what they have of who is erased, and why.
KEPT = {
    "access_log": "who looked at whose data: a look is not undone by leaving",
    "compliance_check": "what the law against money laundering asks for; ids and outcomes",
    "compliance_override": "the same; words are the operators'",
    "compliance_standing": "the same",
    "live_counter": "a number, so that numbers do not begin anew",
    "notification_choice": "goes with its preference",
    "role_change": "who gave which power to whom",
    "task": "ids and outcomes, forgotten by themselves",
    "vault_key": "that the key was destroyed",
}


async def test_no_table_keeps_anything_of_who_is_erased(person: Person) -> None:
    """Each table that names people forgets them, or says here why not."""
    async with person.gateway.resources.database.connection() as conn:
        found = await conn.fetch(
            "SELECT table_name AS name, column_name AS field FROM information_schema.columns"
            " WHERE table_schema = 'gateway' AND column_name IN ('user_id', 'owner_id')"
        )
    tables = {row["name"]: row["field"] for row in found}
    assert set(KEPT) - {"access_log"} <= set(tables)
    await person.ask("PATCH", "/me/profile", {"city": "Zutphen"})
    await person.ask("POST", "/me/api-keys", {"name": "my shop", "scopes": ["items:read"]})
    await person.ask("PUT", "/me/vault/phone", {"value": "+34600000000"})
    wish = {"url": "https://example.org/ana", "event_types": []}
    assert (await person.ask("POST", "/webhooks/endpoints", wish))[0] == 201
    await person.leave()
    await person.log_in()
    await person.later(days=30)
    for table, field in tables.items():
        if table not in KEPT:
            left = await person.rows(f"SELECT FROM {table} WHERE {field} = $1")
            assert left == [], table
    answers = await person.rows("SELECT FROM idempotent_answer WHERE owner = $1::uuid::text")
    assert answers == []


async def test_who_is_erased_is_told_nothing_any_more(person: Person) -> None:
    """What others said of them before may come later: it has their words in it."""
    await person.leave()
    await person.later(days=30)
    other = new_id()
    news = [
        News(whom, new_id(), "marketplace.ItemExpired", {"title": "Ana's chair"}, datetime.now(UTC))
        for whom in (person.id, other, person.id)
    ]
    async with person.gateway.resources.database.transaction() as conn:
        await tell_people(conn, news)
        told = await conn.fetch("SELECT user_id FROM live_event WHERE user_id = $1", other)
    assert len(told) == 1
    assert await person.rows("SELECT FROM live_event WHERE user_id = $1") == []


async def test_vault_and_person_go_in_one_transaction(person: Person) -> None:
    """And everybody who may keep some of it is told."""
    await person.ask("PUT", "/me/vault/phone", {"value": "+34600000000"})
    await person.leave()
    (key,) = await person.rows("SELECT wrapped FROM vault_key WHERE user_id = $1")
    assert key["wrapped"] is not None
    await person.later(days=30)
    (key,) = await person.rows("SELECT wrapped, wrapping_key FROM vault_key WHERE user_id = $1")
    assert (key["wrapped"], key["wrapping_key"]) == (None, None)
    assert (await person.told())[-2:] == ["UserErased", "VaultErased"]
    (row,) = await person.rows(
        "SELECT count(DISTINCT xmin::text) AS transactions FROM outbox"
        " WHERE key = $1::uuid::text AND headers ->> 'ce_type' LIKE '%Erased'"
    )
    assert row["transactions"] == 1


async def test_their_address_is_free_again_and_leads_to_nobody(person: Person) -> None:
    """Whoever registers with it is somebody else."""
    await person.leave()
    response, _ = await person.gateway.register(person.email)
    assert response.status == 409
    await person.later(days=30)
    assert (await person.log_in())[0] == 401
    response, other = await person.gateway.register(person.email)
    assert (response.status, UUID(other["id"]) != person.id) == (201, True)


async def test_without_a_grace_period_all_is_erased_at_once(
    person: Person, without_grace: None
) -> None:
    """As it is where operators have set it so."""
    departure = await person.leave()
    assert departure["erased"]
    assert departure["erase_at"] == departure["leaving_at"]
    assert await person.is_erased()
    assert (await person.told())[1:] == ["UserLeft", "UserErased", "VaultErased"]
    assert await person.rows("SELECT FROM timer WHERE key = $1::uuid::text") == []


async def test_a_timer_that_fires_for_nobody_changes_nothing(person: Person) -> None:
    """Such as one of a person who was erased by another worker."""
    await person.leave()
    await person.later(days=30)
    told = await person.told()
    await person.later(days=30)
    assert await person.told() == told


INSERTED = (
    "INSERT INTO users (id, display_name, community, roles, created_at)"
    " VALUES ($1, 'Ana', 'riverside', '{MEMBER}', now())"
)


LEAVING = (
    "UPDATE users SET leaving_at = now(), erase_at = now() + '{grace}'::interval WHERE id = $1"
)
ERASED = "UPDATE users SET leaving_at = now(), erase_at = now(), deleted_at = now() WHERE id = $1"


@pytest.mark.parametrize(
    ("before", "statement", "rule"),
    [
        (None, "UPDATE users SET deleted_at = now() WHERE id = $1", "users_erased_after_grace"),
        (
            LEAVING.format(grace="1 day"),
            "UPDATE users SET deleted_at = now() WHERE id = $1",
            "users_erased_after_grace",
        ),
        (None, "UPDATE users SET leaving_at = now() WHERE id = $1", "users_leaving_whole"),
        (None, LEAVING.format(grace="-1 day"), "users_erased_later"),
        (LEAVING.format(grace="2 days"), LEAVING.format(grace="1 day"), "users_erased_as_told"),
        (
            ERASED,
            "UPDATE users SET deleted_at = NULL WHERE id = $1",
            "users_erased_for_good",
        ),
        (
            ERASED,
            "UPDATE users SET display_name = 'Ana again' WHERE id = $1",
            "users_erased_for_good",
        ),
        (LEAVING.format(grace="0 days"), "SELECT forget_person($1)", "forgotten_when_erased"),
    ],
)
async def test_the_database_erases_nobody_before_their_time_and_brings_nobody_back(
    scratch_database: ScratchDatabase, before: str | None, statement: str, rule: str
) -> None:
    """Each rule by itself, whoever writes."""
    async with scratch_database.connect("gateway") as conn:
        somebody: Any = uuid4()
        await conn.execute(INSERTED, somebody)
        if before is not None:
            await conn.execute(before, somebody)
        with pytest.raises(asyncpg.CheckViolationError) as caught:
            await conn.execute(statement, somebody)
    assert caught.value.constraint_name == rule
