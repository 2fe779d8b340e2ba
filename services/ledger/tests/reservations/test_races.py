"""Capture, release and expiry at the same moment: one of them wins, thousands of times over."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from chassis.clock import FixedClock
from chassis.problems import Problem
from ledger.journal.models import Declined, Posted
from ledger.reservations.models import Reservation
from services.ledger.tests.books import NOW, Books, Person, transfer
from services.ledger.tests.reservations import moves

DUE = NOW + moves.HALF_AN_HOUR
TRIALS = 2_000
PEOPLE = 25

type Contender = Callable[[UUID], Awaitable[Reservation | Declined]]


async def reserve_all(books: Books, people: list[Person]) -> list[UUID]:
    """Ten minor units a trial, due one microsecond after the other."""

    async def reserve_some(person: Person, numbers: range) -> list[tuple[int, UUID]]:
        made = []
        for number in numbers:
            due = DUE + timedelta(microseconds=number)
            made.append((number, (await moves.reserve(books, person.main, 10, due)).id))
        return made

    found = await asyncio.gather(
        *(reserve_some(p, range(i, TRIALS, PEOPLE)) for i, p in enumerate(people))
    )
    return [one for _, one in sorted(pair for part in found for pair in part)]


async def contend(ids: Iterator[UUID], move: Contender) -> int:
    """Try every reservation in turn; how many were won."""
    won = 0
    for one in ids:
        try:
            moved = await move(one)
        except Problem:
            continue
        assert isinstance(moved, Reservation), moved
        won += 1
    return won


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_single_winner_when_capture_release_and_expiry_race(own_books: Books) -> None:
    """Every reservation ends once; winners, entries, balances and events all agree."""
    books = own_books
    people = [await books.open_person(10 * TRIALS // PEOPLE) for _ in range(PEOPLE)]
    shop = await books.open_person()
    ids = await reserve_all(books, people)
    # The clocks of three processes need not agree: for two it is not yet due, for one it is.
    late = replace(books, clock=FixedClock(DUE + timedelta(seconds=1)))

    async def expire_all() -> int:
        fired = 0
        while await late.value("SELECT count(*) FROM reservation WHERE state = 'ACTIVE'"):
            fired += await moves.worker(late).fire_due()
        return fired

    captures, releases = iter(ids), iter(ids)
    found = await asyncio.gather(
        *(contend(captures, lambda one: moves.capture(books, one, 10, shop.main)) for _ in "ab"),
        *(contend(releases, lambda one: moves.release(books, one)) for _ in "ab"),
        *(expire_all() for _ in "ab"),
    )
    rows = await books.rows("SELECT state, version, captured_minor FROM reservation")
    ended = Counter(row["state"] for row in rows)
    assert set(ended) == {"COMPLETED", "RELEASED", "EXPIRED"}
    assert (ended["COMPLETED"], ended["RELEASED"]) == (sum(found[:2]), sum(found[2:4]))
    assert ended.total() == TRIALS
    assert {row["version"] for row in rows} == {2}
    assert await books.balance(shop.main) == 10 * ended["COMPLETED"]
    kinds = await books.rows("SELECT kind, count(*) AS made FROM transfer GROUP BY kind")
    made = {row["kind"]: row["made"] for row in kinds}
    assert made["reservation.reserve"] == TRIALS
    assert made["reservation.capture"] == ended["COMPLETED"]
    assert made["reservation.expire"] == ended["EXPIRED"]
    assert await books.value("SELECT count(*) FROM timer") == 0
    events = "SELECT count(*) FROM outbox WHERE topic = 'ledger.reservations.v1'"
    assert await books.value(events) == 2 * TRIALS
    await books.check()


async def test_parts_captured_at_once_never_exceed_the_whole(books: Books) -> None:
    """Of eight captures of 30 of 100, three win."""
    for _ in range(20):
        ana, ben = await books.open_person(100), await books.open_person()
        held = await moves.reserve(books, ana.main, 100)
        contenders = [
            contend(iter([held.id]), lambda one, to=ben.main: moves.capture(books, one, 30, to))  # type: ignore[misc] # bound now
            for _ in range(8)
        ]
        assert sum(await asyncio.gather(*contenders)) == 3
        assert await moves.figures(books, ana.main) == (10, 10, 0)
    await books.check()


async def test_reserving_and_spending_at_once_never_overdraw(books: Books) -> None:
    """What is available is given away once, whoever asks."""
    for _ in range(10):
        ana, ben = await books.open_person(100), await books.open_person()
        found = await asyncio.gather(
            *(moves.try_to_reserve(books, ana.main, 30) for _ in range(6)),
            *(books.post(transfer(ana.main, ben.main, 30)) for _ in range(6)),
        )
        won = sum(isinstance(one, Reservation) for one in found)
        won += sum(isinstance(one, list) and isinstance(one[0], Posted) for one in found)
        assert won == 3
        assert (await moves.figures(books, ana.main))[2] == 10
    await books.check()
