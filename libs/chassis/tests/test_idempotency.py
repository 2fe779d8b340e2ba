"""The same key and content give the same bytes; other content is refused with what differs."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from chassis.database import Connection, Database
from chassis.idempotency import (
    Answer,
    IdempotencyKeyReused,
    KeyedRequest,
    answer_again,
    answer_once,
    forget_old_answers,
)
from chassis.problems import Problem, Refused
from libs.chassis.tests.test_consumer import COUNT_UP, effects


def wish(
    owner: str = "ana", key: str = "k1", amount: str = "60.00", route: str = "POST /x"
) -> KeyedRequest:
    """A keyed request."""
    return KeyedRequest(owner, key, route, {"amount": amount, "asset": "LXC"})


async def perform(conn: Connection) -> Answer:
    """A write that counts how often it was done."""
    await conn.execute(COUNT_UP, "written")
    count = await conn.fetchval("SELECT attempts FROM timer WHERE key = 'written'")
    return Answer.of(201, {"count": count}, Location="/x/1")


async def test_a_repeat_gives_the_same_bytes_and_says_so(database: Database) -> None:
    """Status, headers and body are those of the first answer."""
    first = await answer_once(database, wish(), perform)
    again = await answer_once(database, wish(), perform)
    assert (again.status_code, again.body) == (first.status_code, first.body)
    assert again.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await effects(database) == {"written": 1}


async def test_other_content_names_the_fields_that_differ(database: Database) -> None:
    """The client sees what to mend, and no stored value is shown."""
    await answer_once(database, wish(), perform)
    with pytest.raises(IdempotencyKeyReused) as caught:
        await answer_once(database, wish(amount="75.00"), perform)
    assert caught.value.facts["differs"] == ["amount"]
    assert "60" not in caught.value.detail
    with pytest.raises(IdempotencyKeyReused) as caught:
        await answer_once(database, wish(route="POST /y"), perform)
    assert caught.value.facts["differs"] == ["route"]


async def test_another_owner_s_key_never_collides(database: Database) -> None:
    """Keys belong to whoever sent them."""
    await answer_once(database, wish(), perform)
    other = await answer_once(database, wish(owner="ben", amount="1.00"), perform)
    assert "idempotency-replayed" not in other.headers


async def test_a_refused_wish_may_be_tried_again(database: Database) -> None:
    """A problem rolls the key back with everything else."""

    async def refuse(_conn: Connection) -> Answer:
        raise Refused("not yet")

    with pytest.raises(Refused):
        await answer_once(database, wish(), refuse)
    assert (await answer_once(database, wish(), perform)).status_code == 201


async def test_twenty_at_once_do_it_once(database: Database) -> None:
    """Whoever comes second waits for the first, and gets its answer."""
    answers = await asyncio.gather(*(answer_once(database, wish(), perform) for _ in range(20)))
    assert len({bytes(answer.body) for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


async def test_no_content_is_kept_in_the_clear(database: Database) -> None:
    """Only salted hashes of fields are stored: a secret in a body stays out of the table."""
    request = KeyedRequest("ana", "k", "POST /users", {"password": "correct horse"})
    await answer_once(database, request, perform)
    async with database.connection() as conn:
        row = await conn.fetchrow("SELECT idempotent_answer::text AS text FROM idempotent_answer")
    assert "horse" not in row["text"]


async def test_answers_past_their_retention_are_forgotten(database: Database) -> None:
    """After thirty days a key is free again; not a day before."""
    await answer_once(database, wish(), perform)
    async with database.transaction() as conn:
        assert await forget_old_answers(conn, datetime.now(UTC) + timedelta(days=29)) == 0
        assert await forget_old_answers(conn, datetime.now(UTC) + timedelta(days=31)) == 1
    again = await answer_once(database, wish(), perform)
    assert "idempotency-replayed" not in again.headers


async def test_a_problem_that_is_returned_keeps_what_was_written_and_no_answer(
    database: Database,
) -> None:
    """It is told after the commit; the wish may be tried again under its key."""

    async def decline(conn: Connection) -> Problem:
        await conn.execute(COUNT_UP, "attempts")
        return Refused("not now")

    for attempts in (1, 2):
        with pytest.raises(Refused, match="not now"):
            await answer_once(database, wish(), decline)
        assert await effects(database) == {"attempts": attempts}
    assert await answer_again(database, wish()) is None
    done = await answer_once(database, wish(), perform)
    again = await answer_again(database, wish())
    assert again
    assert (again.status_code, again.body) == (done.status_code, done.body)
    with pytest.raises(IdempotencyKeyReused):
        await answer_again(database, wish(amount="75.00"))


async def test_a_secret_is_told_once_and_stored_nowhere(database: Database) -> None:
    """The repeat gets what was kept instead, and so does whoever reads the table."""

    async def tell(_conn: Connection) -> Answer:
        return Answer(201, b'{"code": "K7M-4QX"}', kept=b'{"code": null}')

    first = await answer_once(database, wish(key="secret"), tell)
    again = await answer_once(database, wish(key="secret"), tell)
    assert (first.body, again.body) == (b'{"code": "K7M-4QX"}', b'{"code": null}')
    async with database.connection() as conn:
        body = await conn.fetchval("SELECT body FROM idempotent_answer WHERE key = 'secret'")
    assert bytes(body) == again.body
