"""What the database refuses by itself: money that leaves its community, credits from nowhere."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.database import Connection
from chassis.ids import new_id
from ledger.accounts.open_system import open_system_account
from ledger.journal.errors import IssuedOtherwise, UnknownAccount, problem_of
from ledger.journal.models import Declined, Movement, Posted, Transfer
from ledger.journal.templates import pay, split
from services.ledger.tests.books import COMMUNITY, NOW, Books, transfer

ONE_COMMUNITY, ISSUED = "entry_people_of_one_community", "entry_issued_by_issuance"
INSERT_TRANSFER = """
INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at)
VALUES ($1, 'probe', 2, $2, $2)
"""
INSERT_ENTRY = """
INSERT INTO entry (account_id, account_seq, transfer_id, position, asset, amount_minor,
    balance_after_minor, held_after_minor, effective_at, posted_at)
SELECT $2, coalesce(max(e.account_seq), 0) + 1, $1, $3, 'LXC', $4,
    get_account_balance($2) + $4, 0, $5, $5
FROM entry AS e WHERE e.account_id = $2
"""


async def refusal(books: Books, *wanted: Transfer) -> asyncpg.CheckViolationError:
    """How the database refuses what the journal was made to write."""
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await books.post(*wanted)
    return refused.value


async def two(books: Books) -> tuple[UUID, UUID]:
    """Main accounts in two communities, the first with money."""
    ana = await books.open_person(1_000)
    return ana.main, (await books.open_person(community="hillside")).main


async def test_people_of_two_communities_do_not_pay_each_other(books: Books) -> None:
    """Whatever the service thinks; the answer is that of an account that nobody has."""
    ana, eve = await two(books)
    error = await refusal(books, transfer(ana, eve, 100))
    assert error.constraint_name == ONE_COMMUNITY
    assert isinstance(problem_of(error), UnknownAccount)
    assert (await books.balance(ana), await books.balance(eve)) == (1_000, 0)


async def test_one_part_of_a_split_is_enough(books: Books) -> None:
    """Beside a neighbour, and behind other transfers of the same batch."""
    (ana, eve), ben = await two(books), await books.open_person()
    parts = split(ana, "LXC", ((ben.main, 5), (eve, 5)))
    wanted = Transfer(new_id(), "transfer", parts)
    error = await refusal(books, transfer(ana, ben.main, 1), wanted)
    assert error.constraint_name == ONE_COMMUNITY


@pytest.mark.parametrize("kind", ["escrow", "gift"])
async def test_the_way_over_another_account_is_closed(books: Books, kind: str) -> None:
    """What is somebody's is of their community: escrows and gift accounts, too."""
    ana, eve = await books.open_person(100), await books.open_person(community="hillside")
    target: UUID = getattr(eve, kind)
    wanted = replace(transfer(ana.main, target, 10), kind="gift.give")
    assert (await refusal(books, wanted)).constraint_name == ONE_COMMUNITY


async def test_neighbours_and_outside_parties_are_paid(books: Books) -> None:
    """In one batch with each other: each transfer is looked at by itself."""
    ana, eve = await two(books)
    ben, cem = await books.open_person(), await books.open_person(community="hillside")
    async with books.transaction() as conn:
        outside = await open_system_account(
            conn, COMMUNITY, "TRANSIT", "LXC", now=NOW, name="outside"
        )
    verdicts = await books.post(
        transfer(ana, ben.main, 10),
        transfer(outside.id, eve, 10),
        transfer(eve, cem.main, 5),
        transfer(cem.main, outside.id, 1),
    )
    assert all(isinstance(one, Posted) for one in verdicts)


async def write(conn: Connection, sides: Sequence[tuple[UUID, int]]) -> None:
    """A transfer in pieces: a statement for each side."""
    transfer_id, posted_at = new_id(), await conn.fetchval("SELECT clock_timestamp()")
    await conn.execute(INSERT_TRANSFER, transfer_id, posted_at)
    for position, (account, amount) in enumerate(sides, 1):
        await conn.execute(INSERT_ENTRY, transfer_id, account, position, amount, posted_at)


@pytest.mark.parametrize("role", ["ledger", "owner"])
async def test_pieces_are_put_together(books: Books, role: str) -> None:
    """Whoever writes a side at a time gets no further; between neighbours it goes."""
    (ana, eve), ben = await two(books), await books.open_person()
    async with books.writing(role) as conn:
        await write(conn, [(ana, -5), (ben.main, 5)])
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with books.writing(role) as conn:
            await write(conn, [(ana, -5), (eve, 5)])
    assert refused.value.constraint_name == ONE_COMMUNITY


async def test_transfer_credits_knows_it_too(books: Books) -> None:
    """The function for clients of SQL."""
    ana, eve = await two(books)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await books.value("SELECT transfer_credits($1, $2, 5)", ana, eve)
    assert refused.value.constraint_name == ONE_COMMUNITY


async def test_what_was_paid_before_the_rule_can_be_given_back(own_books: Books) -> None:
    """A reversal mirrors what it reverses; that rule is another one."""
    ana, eve = await two(own_books)
    async with own_books.writing("owner") as conn:
        await conn.execute("ALTER TABLE entry DISABLE TRIGGER entry_chain")
        paid = await conn.fetchval("SELECT transfer_credits($1, $2, 5)", ana, eve)
        await conn.execute("ALTER TABLE entry ENABLE TRIGGER entry_chain")
    back = replace(transfer(eve, ana, 5), kind="reversal", reverses=paid)
    [verdict] = await own_books.post(back)
    assert isinstance(verdict, Posted)


@pytest.mark.parametrize("kind", ["transfer", "burn", "liquidity.out", "history"])
async def test_credits_are_made_by_issuances_only(books: Books, kind: str) -> None:
    """Another kind would pass by the limits and the second operator."""
    ana = await books.open_person()
    wanted = replace(transfer(await books.issuance(), ana.main, 5), kind=kind)
    [verdict] = await books.post(wanted)
    assert isinstance(verdict, Declined)
    assert isinstance(verdict.problem, IssuedOtherwise)


async def test_the_database_makes_credits_by_issuances_only(books: Books) -> None:
    """Whoever writes."""
    ana = await books.open_person()
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await books.value("SELECT transfer_credits($1, $2, 5)", await books.issuance(), ana.main)
    assert refused.value.constraint_name == ISSUED
    assert isinstance(problem_of(refused.value), IssuedOtherwise)


async def test_what_was_burned_by_mistake_comes_back(books: Books) -> None:
    """By a reversal, which gives back at most what was burned."""
    ana = await books.open_person(100)
    issuance = await books.issuance()
    burned = replace(transfer(ana.main, issuance, 60), kind="burn")
    back = replace(transfer(issuance, ana.main, 60), kind="reversal", reverses=burned.id)
    for one in (burned, back):
        [verdict] = await books.post(one)
        assert isinstance(verdict, Posted)


async def supply(books: Books, amount_minor: int) -> Any:
    """Credits into a community's liquidity."""
    async with books.transaction() as conn:
        pool = await open_system_account(
            conn, COMMUNITY, "PROVIDER", "LXC", now=NOW, name="liquidity", floor_minor=0
        )
    movements: tuple[Movement, ...] = pay(await books.issuance(), pool.id, "LXC", amount_minor)
    return await books.post(Transfer(new_id(), "liquidity.in", movements))


async def test_what_goes_into_liquidity_is_within_the_day(own_books: Books) -> None:
    """One operator supplies it, as much as a day has room for."""
    await supply(own_books, 10_000_000_000)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await supply(own_books, 1)
    assert refused.value.constraint_name == "issuance_day_limit"
