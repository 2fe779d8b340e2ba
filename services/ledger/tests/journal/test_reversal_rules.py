"""What the database refuses of reversals by itself, whoever writes."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from services.ledger.tests.books import NOW, Books
from services.ledger.tests.journal.test_database_rules import (
    LATER,
    ROLES,
    side,
    two,
    write,
    writing,
)


async def moved(books: Books, role: str) -> tuple[UUID, UUID, UUID]:
    """Ana's 60 of 100 are Ben's, by a transfer that may be reversed."""
    ana, ben = await two(books)
    async with writing(books, role) as conn:
        original = await write(conn, side(ana.main, 2, -60, 40), side(ben.main, 1, 60, 60))
    return original, ana.main, ben.main


@pytest.mark.parametrize("role", ROLES)
async def test_parts_up_to_the_whole_may_be_given_back(books: Books, role: str) -> None:
    """Several reversals of a transfer, together as much as it moved; and not one more."""
    original, ana, ben = await moved(books, role)
    async with writing(books, role) as conn:
        await write(conn, side(ben, 2, -20, 40), side(ana, 3, 20, 60), reverses=original)
    async with writing(books, role) as conn:
        await write(conn, side(ben, 3, -40, 0), side(ana, 4, 40, 100), reverses=original)
    await books.issue(ben, 1)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with writing(books, role) as conn:
            await write(conn, side(ben, 5, -1, 0), side(ana, 5, 1, 101), reverses=original)
    assert refused.value.constraint_name == "transfer_reverses_at_most_all"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("amount", [61, -1])
async def test_more_or_the_same_way_again_is_refused(books: Books, role: str, amount: int) -> None:
    """A reversal goes the other way, and not further."""
    original, ana, ben = await moved(books, role)
    await books.issue(ben, 5)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with writing(books, role) as conn:
            await write(
                conn,
                side(ben, 3, -amount, 65 - amount),
                side(ana, 3, amount, 40 + amount),
                reverses=original,
            )
    assert refused.value.constraint_name == "transfer_reverses_at_most_all"


async def test_the_same_way_again_is_refused_after_a_part_too(books: Books) -> None:
    """What was given back leaves no room for more of the original's own direction."""
    original, ana, ben = await moved(books, "ledger")
    async with writing(books, "ledger") as conn:
        await write(conn, side(ben, 2, -20, 40), side(ana, 3, 20, 60), reverses=original)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with writing(books, "ledger") as conn:
            await write(conn, side(ana, 4, -5, 55), side(ben, 3, 5, 45), reverses=original)
    assert refused.value.constraint_name == "transfer_reverses_at_most_all"


@pytest.mark.parametrize("role", ROLES)
async def test_accounts_of_others_are_not_drawn_in(books: Books, role: str) -> None:
    """A reversal moves the accounts of its original, and no other."""
    original, _, ben = await moved(books, role)
    cleo = (await books.open_person()).main
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with writing(books, role) as conn:
            await write(conn, side(ben, 2, -60, 0), side(cleo, 1, 60, 60), reverses=original)
    assert refused.value.constraint_name == "transfer_reverses_at_most_all"


@pytest.mark.parametrize("role", ROLES)
async def test_a_reversal_is_not_reversed(books: Books, role: str) -> None:
    """Else one could go round in circles."""
    original, ana, ben = await moved(books, role)
    async with writing(books, role) as conn:
        back = await write(conn, side(ben, 2, -60, 0), side(ana, 3, 60, 100), reverses=original)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with writing(books, role) as conn:
            await write(conn, side(ana, 4, -60, 40), side(ben, 3, 60, 60), reverses=back)
    assert refused.value.constraint_name == "transfer_reverses_no_reversal"


@pytest.mark.parametrize("role", ROLES)
async def test_nothing_is_given_back_before_it_was_given(books: Books, role: str) -> None:
    """A reversal takes effect with its original at the earliest."""
    original, ana, ben = await moved(books, role)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with writing(books, role) as conn:
            await write(
                conn,
                side(ben, 2, -60, 0),
                side(ana, 3, 60, 100),
                reverses=original,
                posted=LATER,
                effective=NOW - timedelta(hours=1),
            )
    assert refused.value.constraint_name == "transfer_reverses_not_earlier"
