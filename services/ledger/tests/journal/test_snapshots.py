"""The bank's invariant while everything moves: every snapshot of the books is whole.

At the end all is well easily: what was half done is done by then. A reader who keeps looking, in
one snapshot a look, sees what any report, export or backup would see in between.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

from chassis.clock import FixedClock
from chassis.ids import new_id
from chassis.problems import Problem
from ledger.accounts.models import Account
from ledger.accounts.open import open_accounts
from ledger.accounts.open_system import open_system_account
from ledger.journal.collect import Journal, open_journal
from ledger.journal.models import Posted
from ledger.reservations.models import Reservation
from services.ledger.tests.books import COMMUNITY, NOW, SUMS, Books, transfer
from services.ledger.tests.journal.test_collect import keyed, render
from services.ledger.tests.reservations import moves

TASKS: Final = 6
ROUNDS: Final = 40
LOOKS_MIN: Final = 10
LXC_EACH: Final = 1_000
EUR_EACH: Final = 700
BALANCES: Final = """
SELECT asset, sum(balance_minor)::bigint AS everybody,
    (sum(balance_minor) FILTER (WHERE owner_id IS NOT NULL))::bigint AS people
FROM account_balances GROUP BY asset
"""
ENTRIES: Final = """
SELECT a.asset, sum(e.amount_minor)::bigint AS people
FROM entry AS e JOIN account AS a ON a.id = e.account_id
WHERE a.owner_id IS NOT NULL GROUP BY a.asset
"""


async def look(books: Books) -> int:
    """All that must hold, in one snapshot; returns how many transfers are in it."""
    async with (
        books.database.connection() as conn,
        conn.transaction(isolation="repeatable_read", readonly=True),
    ):
        sums = dict(await conn.fetchrow(SUMS))
        balances = await conn.fetch(BALANCES)
        entries = dict(await conn.fetch(ENTRIES))
    whole = {"LXC": 4 * LXC_EACH, "EUR": 4 * EUR_EACH}
    assert {row["asset"]: row["everybody"] for row in balances} == dict.fromkeys(whole, 0)
    assert {row["asset"]: row["people"] for row in balances} == entries == whole
    transfers, events = sums.pop("transfers"), sums.pop("events")
    assert transfers == events
    assert not any(sums.values()), sums
    return int(transfers)


async def open_euro(books: Books, owner: UUID) -> UUID:
    """An account in another currency, with money from outside."""
    euro = Account(new_id(), owner, "MAIN", "EUR", COMMUNITY)
    async with books.transaction() as conn:
        await open_accounts(conn, [euro], now=NOW)
        outside = await open_system_account(conn, COMMUNITY, "TRANSIT", "EUR", now=NOW)
    [verdict] = await books.post(transfer(outside.id, euro.id, EUR_EACH, "EUR"))
    assert isinstance(verdict, Posted), verdict
    return euro.id


async def pay(journal: Journal, accounts: list[UUID], asset: str) -> None:
    """A payment, two in three of them out of the first account; what is declined is fine."""
    source, destination = random.sample(accounts, 2)
    if random.random() < 0.66 and destination != accounts[0]:
        source = accounts[0]
    amount = random.randint(1, 60)
    request = keyed(new_id().hex, to=str(destination), amount=amount)
    await journal.post(request, transfer(source, destination, amount, asset), render)


async def hold(books: Books, accounts: list[UUID]) -> None:
    """Set aside, then capture in part, or let go, or let it expire."""
    source, destination = random.sample(accounts, 2)
    soon = NOW + timedelta(seconds=1)
    made = await moves.try_to_reserve(books, source, random.randint(2, 40), expires_at=soon)
    if isinstance(made, Reservation):
        match random.randrange(3):
            case 0:
                await moves.capture(books, made.id, 1, destination)
            case 1:
                await moves.release(books, made.id)
            case _:
                await moves.worker(books, FixedClock(NOW + timedelta(minutes=1))).fire_due()


async def test_every_snapshot_of_the_books_is_whole(own_books: Books) -> None:
    """A hot account, two currencies, money set aside, captured, let go, expired: sums stay."""
    people = [await own_books.open_person(LXC_EACH) for _ in range(4)]
    mains = [person.main for person in people]
    euros = [await open_euro(own_books, person.id) for person in people]
    rounds = count()

    async def keep_moving(journal: Journal) -> None:
        while (number := next(rounds)) < TASKS * ROUNDS:
            ways: list[Callable[[], Awaitable[Any]]] = [
                lambda: pay(journal, mains, "LXC"),
                lambda: pay(journal, euros, "EUR"),
                lambda: hold(own_books, mains),
            ]
            try:
                await ways[number % 3]()
            except Problem:
                continue

    seen = []
    async with (
        open_journal(own_books.database, own_books.clock) as journal,
        asyncio.TaskGroup() as moving,
    ):
        tasks = [moving.create_task(keep_moving(journal)) for _ in range(TASKS)]
        while not all(task.done() for task in tasks):
            seen.append(await look(own_books))
    assert len(seen) >= LOOKS_MIN
    # Looks at what stands still would prove nothing.
    assert len(set(seen)) >= LOOKS_MIN
    assert await look(own_books) > min(seen)
