"""A group's sum while others write: what moves inside the group never changes it."""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from chassis.ids import new_id
from ledger.groups.change_members import change_group_members
from ledger.groups.create import create_group
from ledger.groups.models import ChangeMembers, CreateGroup, Moments
from ledger.groups.read_balance import read_group_balance
from ledger.journal.models import Movement, Transfer
from ledger.reach import EVERYTHING
from services.ledger.tests.books import Books
from services.ledger.tests.reservations import moves

OWNER = new_id()
MEMBERS = 8


async def group_of(books: Books, accounts: list[UUID]) -> UUID:
    """A group of some accounts."""
    async with books.transaction() as conn:
        now = books.clock.now()
        made = await create_group(
            conn, CreateGroup(name="all"), group_id=new_id(), owner=OWNER, now=now
        )
        await change_group_members(
            conn, made.id, ChangeMembers(add=tuple(accounts)), by=OWNER, reach=EVERYTHING,
            accepted=None, now=now,
        )  # fmt: skip
    return made.id


async def total(books: Books, group: UUID, at: Moments) -> int:
    """What the group has, or had."""
    async with books.database.connection() as conn:
        [figure] = await read_group_balance(conn, group, at, reach=EVERYTHING, viewer=OWNER)
    assert figure.accounts == MEMBERS
    return figure.balance_minor


async def test_a_transfer_inside_never_changes_the_sum(own_books: Books) -> None:
    """Writers of plain, late, many-sided transfers and of holds; readers at any kind of time."""
    books = own_books
    books.clock.move(datetime.now(UTC) - books.clock.now())
    people = [await books.open_person(10_000) for _ in range(MEMBERS)]
    mains = [person.main for person in people]
    group = await group_of(books, mains)
    done = asyncio.Event()
    posted = 0

    async def write(seed: int) -> None:
        nonlocal posted
        chance = random.Random(seed)
        for _ in range(60):
            books.clock.move(timedelta(microseconds=chance.randint(1, 5_000)))
            picked = chance.sample(mains, chance.randint(2, 4))
            parts = [chance.randint(1, 50) for _ in picked[1:]]
            sides = [Movement(picked[0], "LXC", -sum(parts))]
            sides += [
                Movement(one, "LXC", part) for one, part in zip(picked[1:], parts, strict=True)
            ]
            late = chance.random() < 0.3
            at = (
                books.clock.now() - timedelta(milliseconds=chance.randint(0, 900)) if late else None
            )
            wanted = Transfer(new_id(), "transfer", tuple(sides), effective_at=at)
            await books.post(wanted)
            if chance.random() < 0.2:
                await moves.try_to_reserve(
                    books, picked[0], 5, expires_at=books.clock.now() + timedelta(hours=1)
                )
            posted += 1

    async def read(seed: int) -> int:
        chance = random.Random(seed)
        count = 0
        while not done.is_set():
            now = books.clock.now()
            effective = now - timedelta(milliseconds=chance.randint(-200, 900))
            known = now - timedelta(milliseconds=chance.randint(-200, 900))
            for at in (
                Moments(),
                Moments(effective, None, now),
                Moments(None, known, now),
                Moments(effective, known, now),
            ):
                assert await total(books, group, at) == MEMBERS * 10_000, (seed, at)
                count += 1
        return count

    begin = books.clock.now()
    # What is asked for lies after the money came in.
    books.clock.move(timedelta(seconds=2))
    readers = [asyncio.create_task(read(seed)) for seed in range(3)]
    await asyncio.gather(*(write(seed) for seed in range(4)))
    done.set()
    counts = await asyncio.gather(*readers)
    assert posted == 240
    assert min(counts) >= 8
    assert begin < books.clock.now()
    await books.check()


async def test_a_group_has_the_sum_of_its_accounts_at_any_time(own_books: Books) -> None:
    """By the functions that tell each account's, over a history with late entries and holds."""
    books = own_books
    chance = random.Random(7)
    people = [await books.open_person(10_000) for _ in range(MEMBERS)]
    group = await group_of(books, [person.main for person in people])
    begin = books.clock.now()
    for _ in range(60):
        books.clock.move(timedelta(minutes=1))
        one, other = chance.sample(people, 2)
        late = books.clock.now() - timedelta(minutes=chance.randint(1, 40))
        side = chance.choice([other.main, await books.issuance()])
        sides = (Movement(one.main, "LXC", -7), Movement(side, "LXC", 7))
        await books.post(
            Transfer(new_id(), "probe", sides, effective_at=chance.choice([None, late]))
        )
        if chance.random() < 0.3:
            due = books.clock.now() + timedelta(hours=9)
            await moves.reserve(books, other.main, 3, due)
    for _ in range(100):
        effective, known = (
            chance.choice([None, begin + timedelta(seconds=chance.randint(-60, 4_000))])
            for _ in range(2)
        )
        at = Moments(effective, known, books.clock.now())
        async with books.database.connection() as conn:
            [figure] = await read_group_balance(conn, group, at, reach=EVERYTHING, viewer=OWNER)
        [row] = await books.rows(SUM_OF_ALL, [one.main for one in people], effective, known)
        assert (figure.balance_minor, figure.held_minor) == tuple(row), at


SUM_OF_ALL = """
SELECT sum(get_account_balance(id, e, k)), sum(get_account_held(id, e, k))
FROM unnest($1::uuid []) AS a (id), (VALUES (
    coalesce($2::timestamptz, 'infinity'), coalesce($3::timestamptz, 'infinity')
)) AS t (e, k)
"""
