"""Registering over HTTP, on the real database."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.clock import FixedClock
from gateway.communities.registrations.lifecycle import TAKEN
from gateway.users.bootstrap import bootstrap_operator

SELECT_EVENTS = "SELECT payload, key FROM outbox WHERE topic = 'gateway.users.v1' ORDER BY id"


async def test_a_person_registers(gateway: Any) -> None:
    """The answer says who was registered, and nothing secret."""
    response, user = await gateway.register("Ana.Registers@Example.org", display_name=" Ana ")
    assert response.status == 201
    assert set(user) == {"id", "display_name", "community", "roles"}
    assert (user["display_name"], user["community"], user["roles"]) == (
        "Ana",
        "riverside",
        ["MEMBER"],
    )


async def test_registering_is_told_once_and_without_the_address(gateway: Any) -> None:
    """The event carries what others need, neither e-mail nor password."""
    _, user = await gateway.register("told.once@example.org")
    async with gateway.resources.database.connection() as conn:
        rows = [row for row in await conn.fetch(SELECT_EVENTS) if row["key"] == user["id"]]
    assert len(rows) == 1
    assert "told.once" not in rows[0]["payload"]
    assert "horse" not in rows[0]["payload"]


async def test_the_same_key_gives_the_same_answer(gateway: Any) -> None:
    """A repeat is answered with the same bytes and changes nothing."""
    email, key = f"{uuid4().hex}@example.org", uuid4().hex
    first, user = await gateway.register(email, key=key)
    second, again = await gateway.register(email.upper(), key=key)
    assert (first.status, second.status) == (201, 201)
    assert again == user
    assert second.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"password": "another password"}, "password"), ({"display_name": "Bo"}, "display_name")],
)
async def test_the_same_key_with_other_content_is_refused(
    gateway: Any, changed: dict[str, str], field: str
) -> None:
    """Another password or name under the same key is named as what differs."""
    email, key = f"{uuid4().hex}@example.org", uuid4().hex
    await gateway.register(email, key=key)
    response, problem = await gateway.register(email, key=key, **changed)
    assert response.status == 409
    assert problem["differs"] == [field]


async def test_an_address_registers_once(gateway: Any) -> None:
    """Of ten who register with one address at once, one succeeds."""
    email = f"{uuid4().hex}@example.org"
    answers = await asyncio.gather(*(gateway.register(email) for _ in range(10)))
    assert sorted(response.status for response, _ in answers) == [201, *[409] * 9]
    refused = next(problem for response, problem in answers if response.status == 409)
    assert refused["type"] == "urn:localex:problem:email-taken"
    assert email not in str(refused)


async def test_an_address_is_told_seldom_who_is_registered(gateway: Any, clock: FixedClock) -> None:
    """After twenty refusals nobody registers from there; waiting is the same for taken and free."""
    clock.move(2 * TAKEN.forget_after)
    email = f"{uuid4().hex}@example.org"
    assert (await gateway.register(email))[0].status == 201
    for _ in range(TAKEN.free):
        assert (await gateway.register(email))[0].status == 409
    for asked in (email, f"{uuid4().hex}@example.org"):
        response, problem = await gateway.register(asked)
        assert response.status == 429
        assert problem["type"] == "urn:localex:problem:too-many-attempts"
        assert int(response.headers["Retry-After"]) >= 1
    told = 0
    for _ in range(12):
        clock.move(timedelta(minutes=5))
        told += (await gateway.register(email))[0].status == 409
    assert 1 <= told <= 10
    clock.move(TAKEN.forget_after)
    assert (await gateway.register())[0].status == 201


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b.c" + "x" * 300}, "email"),
        ({"email": 5}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"password": ["x" * 9]}, "password"),
        ({"display_name": ""}, "display_name"),
        ({"display_name": "   "}, "display_name"),
        ({"display_name": "x" * 81}, "display_name"),
        ({"display_name": "a\u0000b"}, "display_name"),
        ({"display_name": "a\u202eb"}, "display_name"),
        ({"community": "River Side"}, "community"),
        ({"community": "x" * 64}, "community"),
        ({"roles": ["ADMIN"]}, "roles"),
        ({"is_admin": True}, "is_admin"),
    ],
)
async def test_bad_fields_are_named(gateway: Any, fields: dict[str, Any], field: str) -> None:
    """Each bad field is a 422 that names it and does not repeat what was sent."""
    response, problem = await gateway.register(**fields)
    assert response.status == 422
    assert response.content_type == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"[]", "body"),
        (b"null", "body"),
        (b'"x"', "body"),
        (b"\xff\xfe", "body"),
        (b'{"email": "\xff"}', "email"),
        (b'{"email": "\\ud800"}', "email"),
        (b"{}", "email"),
        (b'{"email": NaN}', "email"),
        (b"[" * 9000, "body"),
    ],
)
async def test_bodies_that_are_none_are_refused(gateway: Any, body: bytes, field: str) -> None:
    """What is no JSON object of ours is a problem that names the field."""
    response, problem = await gateway.send(
        "POST",
        "/v1/users",
        data=body,
        headers={"Idempotency-Key": "k", "Content-Type": "application/json"},
    )
    assert (response.status, problem["type"]) == (422, "urn:localex:problem:malformed")
    assert field in {error["field"] for error in problem["errors"]}


async def test_a_key_is_needed(gateway: Any) -> None:
    """Without an Idempotency-Key a repeat could not be told from a second wish."""
    body = {"email": "no.key@example.org", "password": "long enough", "display_name": "A"}
    response, problem = await gateway.send("POST", "/v1/users", json=body)
    assert response.status == 422
    assert problem["errors"][0]["field"] == "Idempotency-Key"


async def test_passwords_are_stored_as_argon2id_only(gateway: Any) -> None:
    """Neither a password nor a quick hash of one is in any table."""
    await gateway.register("stored@example.org", key="stored-key")
    async with gateway.resources.database.connection() as conn:
        hashes = [row["hash"] for row in await conn.fetch("SELECT hash FROM user_password")]
        kept = await conn.fetch("SELECT idempotent_answer::text AS kept FROM idempotent_answer")
    assert hashes
    assert all(text.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for text in hashes)
    assert not any("horse" in row["kept"] or "@example" in row["kept"] for row in kept)


async def test_the_first_operator_is_made_once(gateway: Any) -> None:
    """The settings' operator can log in after any number of starts."""
    for _ in range(2):
        await bootstrap_operator(gateway.resources)
    response, session = await gateway.log_in("operator@localex.test", "operator's own password")
    assert response.status == 201
    assert session["user"]["roles"] == ["MEMBER", "OPERATOR", "ADMIN"]
    async with gateway.resources.database.connection() as conn:
        count = await conn.fetchval("SELECT count(*) FROM users WHERE 'OPERATOR' = ANY(roles)")
    assert count == 1
