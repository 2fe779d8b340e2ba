"""Capture, release and expiry at the same moment: one of them wins, thousands of times over."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
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
LANES = 6

type Contender = Callable[[], Awaitable[Reservation | Declined]]


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


async def won(move: Contender) -> int:
    """Try a move: 1 if it was made, 0 if another was there first."""
    try:
        moved = await move()
    except Problem:
        return 0
    assert isinstance(moved, Reservation), moved
    return 1


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_single_winner_when_capture_release_and_expiry_race(own_books: Books) -> None:
    """Every reservation ends once; winners, entries, balances and events all agree."""
    books = own_books
    people = [await books.open_person(10 * TRIALS // PEOPLE) for _ in range(PEOPLE)]
    shop = await books.open_person()
    ids = await reserve_all(books, people)
    won_by: Counter[str] = Counter()

    async def expire(number: int) -> int:
        # Clocks of processes need not agree: for this one it is due, for the others not yet.
        clock = FixedClock(DUE + timedelta(microseconds=number))
        await moves.worker(books, clock).fire_due()
        return 0

    async def race(numbers: range) -> None:
        for number in numbers:
            one = ids[number]
            contenders = [
                ("COMPLETED", won(partial(moves.capture, books, one, 10, shop.main))),
                ("RELEASED", won(partial(moves.release, books, one))),
                ("EXPIRED", expire(number)),
            ]
            # Who starts first has an advantage: each in its turn.
            contenders = contenders[number % 3 :] + contenders[: number % 3]
            wins = await asyncio.gather(*(move for _, move in contenders))
            won_by.update(dict(zip((name for name, _ in contenders), wins, strict=True)))

    await asyncio.gather(*(race(range(lane, TRIALS, LANES)) for lane in range(LANES)))
    late = FixedClock(DUE + timedelta(seconds=1))
    while await moves.worker(books, late).fire_due():
        pass
    rows = await books.rows("SELECT state, version, captured_minor FROM reservation")
    ended = Counter(row["state"] for row in rows)
    assert set(ended) == {"COMPLETED", "RELEASED", "EXPIRED"}
    assert min(ended.values()) > TRIALS // 50
    assert (won_by["COMPLETED"], won_by["RELEASED"]) == (ended["COMPLETED"], ended["RELEASED"])
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
        captures = [partial(moves.capture, books, held.id, 30, ben.main) for _ in range(8)]
        assert sum(await asyncio.gather(*(won(capture) for capture in captures))) == 3
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
