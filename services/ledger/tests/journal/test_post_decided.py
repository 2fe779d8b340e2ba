"""Posting what was decided before the lock: what is known may be old, the books are never wrong."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest

from chassis import failpoints
from chassis.idempotency import Answer, KeyedRequest
from chassis.ids import new_id
from ledger.journal.collect import open_journal
from ledger.journal.errors import AccountFrozen, CeilingExceeded, InsufficientFunds
from ledger.journal.heads import Heads
from ledger.journal.models import Movement, Posted, Transfer, Verdict
from ledger.journal.post_decided import post_decided
from services.ledger.tests.books import NOW, Books, Person, transfer
from services.ledger.tests.journal.test_collect import send

WRITTEN = """
SELECT (SELECT count(*) FROM transfer), (SELECT count(*) FROM entry),
    (SELECT count(*) FROM outbox), (SELECT count(*) FROM idempotent_answer)
"""


def keyed(key: str | None = None) -> KeyedRequest:
    """A request with a key of its own unless given."""
    return KeyedRequest("ana", key or uuid4().hex, "POST /v1/transfers", {"amount": "1"})


def respond(verdicts: Sequence[Verdict]) -> list[Answer | None]:
    """The transfer's id, so that two effects never look alike."""
    return [
        Answer.of(201, {"id": str(one.transfer.id)}) if isinstance(one, Posted) else None
        for one in verdicts
    ]


async def decide(
    books: Books, heads: Heads, *wanted: Transfer, keys: Sequence[str | None] = ()
) -> Sequence[Answer | None]:
    """Post in one call, each with a key of its own unless given."""
    requests = [keyed(key) for key in keys or [None] * len(wanted)]
    return await post_decided(
        books.database, heads, requests, wanted, respond=respond, now=books.clock.now()
    )


@pytest.fixture
async def pair(books: Books) -> tuple[Person, Person]:
    """Ana with 1.00, and Ben with nothing."""
    return await books.open_person(100), await books.open_person()


@pytest.fixture
async def armed() -> AsyncIterator[Any]:
    """Failpoints, switched off in the end."""

    def arm(wishes: str) -> None:
        failpoints.arm(wishes, env="dev")

    yield arm
    arm("")


async def test_one_after_another_go_on_from_what_was_left(
    books: Books, pair: tuple[Person, Person]
) -> None:
    """Nothing is read again: each batch is decided on what the one before it left."""
    ana, ben = pair
    heads = Heads()
    for amount in (10, 20, 30):
        wanted = [transfer(ana.main, ben.main, amount), transfer(ben.main, ana.main, 1)]
        assert all(await decide(books, heads, *wanted))
    assert [await books.balance(one.main) for one in (ana, ben)] == [43, 57]
    assert [one.account_seq for one in heads.seen([ana.main, ben.main])] == [7, 6]
    await books.check()


async def test_the_same_rows_as_under_the_lock(books: Books, pair: tuple[Person, Person]) -> None:
    """Transfers, entries, events and answers are what the other way writes."""
    ana, ben = pair
    whole = Transfer(
        new_id(),
        "correction",
        (Movement(ana.main, "LXC", -5), Movement(ben.main, "LXC", 5)),
        initiated_by=ana.id,
        effective_at=NOW - timedelta(days=3),
        metadata={"memo": "three\neggs", "of": "Ana"},
    )
    await books.post(whole)
    other = Transfer(
        new_id(), whole.kind, whole.movements, ana.id, whole.effective_at, None, whole.metadata
    )
    assert await decide(books, Heads(), other) != [None]
    rows = [
        await books.rows(
            "SELECT t.kind, t.entry_count, t.effective_at, t.posted_at, t.reverses, "
            "t.initiated_by, t.correlation_id, t.metadata, e.position, e.asset, e.amount_minor, "
            "e.held_after_minor, e.held_minor, e.effective_at, e.posted_at, o.topic, "
            "o.part = crc32(convert_to(o.key, 'UTF8')) % 16, "
            "(SELECT array_agg(name ORDER BY name) FROM jsonb_object_keys(o.headers) AS name), "
            "(SELECT array_agg(name ORDER BY name) FROM json_object_keys(o.payload::json) AS name) "
            "FROM transfer AS t INNER JOIN entry AS e ON e.transfer_id = t.id "
            "INNER JOIN outbox AS o ON o.key = t.id::text WHERE t.id = $1 ORDER BY e.position",
            one.id,
        )
        for one in (whole, other)
    ]
    assert [tuple(row) for row in rows[0]] == [tuple(row) for row in rows[1]]
    assert len(rows[0]) == 2


async def test_a_position_that_has_moved_is_found(
    books: Books, pair: tuple[Person, Person]
) -> None:
    """Somebody else posted: nothing is written, and the next time the truth is read."""
    ana, ben = pair
    heads = Heads()
    assert all(await decide(books, heads, transfer(ana.main, ben.main, 1)))
    await books.post(transfer(ana.main, ben.main, 90))
    before = await books.rows(WRITTEN)
    assert await decide(books, heads, transfer(ana.main, ben.main, 20)) == [None]
    assert await books.rows(WRITTEN) == before
    assert not heads.knows([ana.main])
    assert await decide(books, heads, transfer(ana.main, ben.main, 20)) == [None]
    assert all(await decide(books, heads, transfer(ana.main, ben.main, 9)))
    assert await books.balance(ben.main) == 100


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("frozen = true", AccountFrozen),
        ("floor_minor = 0, soft_floor_minor = NULL", InsufficientFunds),
        ("ceiling_minor = 10", CeilingExceeded),
    ],
)
async def test_a_policy_changed_behind_its_back_is_obeyed(
    books: Books, change: str, problem: type[Exception]
) -> None:
    """It is compared by its version under the lock, and the journal decides again there."""
    ana, ben = await books.open_person(10), await books.open_person()
    async with books.writing("ledger") as conn:
        await conn.execute("UPDATE account SET floor_minor = -50 WHERE id = $1", ana.main)
    async with open_journal(books.database, books.clock) as journal:
        await send(journal, ana.main, ben.main, 9)
        changed = ben.main if problem is CeilingExceeded else ana.main
        async with books.writing("ledger") as conn:
            await conn.execute(f"UPDATE account SET {change} WHERE id = $1", changed)
        with pytest.raises(problem):
            await send(journal, ana.main, ben.main, 5)
    assert await books.balance(ben.main) == 9
    refused = await books.rows("SELECT 1 FROM refused_attempt WHERE account_id = $1", changed)
    assert len(refused) == 1


async def test_a_soft_floor_set_behind_its_back_is_told(
    books: Books, pair: tuple[Person, Person]
) -> None:
    """No trigger knows of the event: the version of the policies brings it about."""
    ana, ben = pair
    async with open_journal(books.database, books.clock) as journal:
        await send(journal, ana.main, ben.main, 1)
        async with books.writing("ledger") as conn:
            await conn.execute("UPDATE account SET soft_floor_minor = 50 WHERE id = $1", ana.main)
        await send(journal, ana.main, ben.main, 60)
        await send(journal, ben.main, ana.main, 30)
        await send(journal, ana.main, ben.main, 30)
    said = await books.rows("SELECT payload FROM outbox WHERE key = $1 ORDER BY id", str(ana.main))
    crossings = [one for row in said if "soft_floor_minor" in (one := orjson.loads(row[0]))]
    assert [one["available_minor"] for one in crossings] == ["39", "39"]


async def test_a_key_that_was_answered_writes_nothing(
    books: Books, pair: tuple[Person, Person]
) -> None:
    """Nor do those beside it: the locked way tells the first answer, and does the rest."""
    ana, ben = pair
    heads = Heads()
    wanted = [transfer(ana.main, ben.main, 5) for _ in range(3)]
    assert all(await decide(books, heads, wanted[0], keys=["used before"]))
    before = await books.rows(WRITTEN)
    found = await decide(books, heads, wanted[1], wanted[2], keys=["used before", "new"])
    assert found == [None, None]
    assert await books.rows(WRITTEN) == before


async def test_what_is_declined_is_left_to_the_locked_way(
    books: Books, pair: tuple[Person, Person]
) -> None:
    """What is known may be old: who is told no is told under the lock; the others are posted."""
    ana, ben = pair
    wanted = [transfer(ana.main, ben.main, amount) for amount in (60, 50, 40)]
    first, second, third = await decide(books, Heads(), *wanted)
    assert first
    assert second is None
    assert third
    assert await books.balance(ben.main) == 100


async def test_accounts_with_velocities_are_left_to_the_locked_way(
    books: Books, pair: tuple[Person, Person]
) -> None:
    """What went out in a window is asked under the lock."""
    ana, ben = pair
    async with books.writing("ledger") as conn:
        await conn.execute(
            "UPDATE account SET velocity_seconds = '{3600}', velocity_minor = '{50}' WHERE id = $1",
            ana.main,
        )
    assert await decide(books, Heads(), transfer(ana.main, ben.main, 5)) == [None]
    assert await decide(books, Heads(), transfer(new_id(), ben.main, 5)) == [None]


async def test_a_call_that_overtook_the_one_before_it_goes_again(
    books: Books, pair: tuple[Person, Person], armed: Any
) -> None:
    """Two batches on their way over one account, the second arrives first: both are posted."""
    ana, ben = pair
    heads = Heads()
    assert all(await decide(books, heads, transfer(ana.main, ben.main, 1)))
    armed("journal.before_call=stall:0.5")
    found = await asyncio.gather(
        decide(books, heads, transfer(ana.main, ben.main, 2)),
        decide(books, heads, transfer(ana.main, ben.main, 3)),
    )
    assert all(answer for answers in found for answer in answers)
    assert failpoints.fired == ["journal.before_call"]
    assert await books.balance(ben.main) == 6


async def test_what_follows_a_failed_call_is_not_posted_on_it(
    books: Books, pair: tuple[Person, Person], armed: Any
) -> None:
    """The second was decided on what the first never wrote: it is left to the locked way."""
    ana, ben = pair
    heads, key = Heads(), uuid4().hex
    assert all(await decide(books, heads, transfer(ana.main, ben.main, 1), keys=[key]))
    armed("journal.before_call=stall:0.5")
    found = await asyncio.gather(
        decide(books, heads, transfer(ana.main, ben.main, 2), keys=[key]),
        decide(books, heads, transfer(ana.main, ben.main, 3)),
    )
    assert [list(answers) for answers in found] == [[None], [None]]
    assert await books.balance(ben.main) == 1


async def test_another_entry_in_the_place_of_the_expected_one_is_found(
    books: Books, pair: tuple[Person, Person], armed: Any
) -> None:
    """The first call loses its place to somebody else: the second would go on from a number."""
    ana, ben = pair
    heads = Heads()
    assert all(await decide(books, heads, transfer(ana.main, ben.main, 1)))
    armed("journal.before_call=stall:1")
    first = asyncio.create_task(decide(books, heads, transfer(ana.main, ben.main, 2)))
    await asyncio.sleep(0.02)
    await books.post(transfer(ana.main, ben.main, 90))
    assert await decide(books, heads, transfer(ben.main, ana.main, 3)) == [None]
    assert await first == [None]
    assert [await books.balance(one.main) for one in pair] == [9, 91]


async def test_a_declined_wish_leaves_no_trace_in_what_is_known(
    books: Books, pair: tuple[Person, Person]
) -> None:
    """Its accounts have no new entry: what is decided next goes on from the last that was."""
    ana, ben = pair
    heads = Heads()
    wanted = [transfer(ana.main, ben.main, 1), transfer(ben.main, ana.main, 500)]
    assert [bool(one) for one in await decide(books, heads, *wanted)] == [True, False]
    books.clock.move(timedelta(seconds=1))
    declined = transfer(ben.main, ana.main, 500)
    kept = transfer(await _rich(books), ana.main, 1)
    assert [bool(one) for one in await decide(books, heads, declined, kept)] == [False, True]
    assert all(await decide(books, heads, transfer(ben.main, ana.main, 1)))


async def _rich(books: Books) -> UUID:
    return (await books.open_person(100)).main


async def test_an_unknown_outcome_is_answered_by_its_key(
    books: Books, pair: tuple[Person, Person], armed: Any
) -> None:
    """The call was committed, and then something broke: nothing is done twice."""
    ana, ben = pair
    async with open_journal(books.database, books.clock) as journal:
        armed("journal.after_commit=raise")
        answer = await send(journal, ana.main, ben.main, 7)
    assert (answer.status_code, answer.headers["idempotency-replayed"]) == (201, "true")
    assert await books.balance(ben.main) == 7
