"""Two processes post over the same accounts, while others hold money in them."""

import asyncio
import multiprocessing
import random
from itertools import count
from typing import Final
from uuid import UUID

import asyncpg

from chassis.clock import FixedClock
from chassis.database import Database, prepare_connection
from chassis.problems import Problem
from ledger.journal.collect import open_journal
from ledger.reservations.models import Reservation
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.journal.test_collect import send
from services.ledger.tests.reservations import moves

PROCESSES: Final = multiprocessing.get_context("forkserver")
EACH: Final = 300
TASKS: Final = 12


async def post_some(url: str, accounts: list[UUID]) -> None:
    """Post between accounts by several tasks; what is declined is fine."""
    left = count()
    async with (
        asyncpg.create_pool(url, min_size=1, max_size=4, init=prepare_connection) as pool,
        open_journal(Database(pool), FixedClock(NOW)) as journal,
    ):

        async def task() -> None:
            while next(left) < EACH:
                source, destination = random.sample(accounts, 2)
                try:
                    await send(journal, source, destination, random.randint(1, 40))
                except Problem:
                    continue

        await asyncio.gather(*(task() for _ in range(TASKS)))


def _run(url: str, accounts: list[UUID]) -> None:
    asyncio.run(post_some(url, accounts))


async def test_two_processes_and_those_who_hold_money_never_break_a_chain(
    own_books: Books,
) -> None:
    """Each knows positions that the others move: no update is lost, no floor is broken."""
    people = [await own_books.open_person(500) for _ in range(4)]
    accounts = [person.main for person in people]
    url = own_books.scratch.url("ledger")
    others = [PROCESSES.Process(target=_run, args=(url, accounts)) for _ in range(2)]
    for one in others:
        one.start()
    held = 0
    while any(one.is_alive() for one in others):
        made = await moves.try_to_reserve(own_books, random.choice(accounts), 5)
        if isinstance(made, Reservation):
            held += 1
            if held % 2:
                await moves.release(own_books, made.id)
    for one in others:
        one.join()
        assert one.exitcode == 0
    assert held
    counts = await own_books.check()
    assert counts["transfers"] > EACH
    assert sum([await own_books.balance(account) for account in accounts]) == 2_000
