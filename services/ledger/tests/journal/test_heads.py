"""What is kept of accounts between batches: no more than is worth it."""

import pytest

from chassis.columns import SEPARATOR, NotAColumn, join_column
from ledger.journal.heads import MISSES_MAX, PAUSE_BATCHES, Heads
from services.ledger.tests.books import Books, Person, transfer
from services.ledger.tests.journal.test_post_decided import decide, pair

__all__ = ["pair"]


async def test_where_others_post_all_the_time_it_stops_for_a_while() -> None:
    """After some misses in a row accounts are locked before they are read; a hit ends the row."""
    heads = Heads()
    for _ in range(MISSES_MAX - 1):
        heads.miss()
    heads.hit()
    heads.miss()
    assert heads.is_worth_it()
    for _ in range(MISSES_MAX - 1):
        heads.miss()
    assert [heads.is_worth_it() for _ in range(PAUSE_BATCHES)] == [False] * PAUSE_BATCHES
    assert heads.is_worth_it()


async def test_only_so_many_accounts_are_kept(books: Books, pair: tuple[Person, Person]) -> None:
    """The oldest are forgotten; a batch that is wider than that goes the locked way."""
    ana, ben = pair
    cid = await books.open_person()
    heads = Heads(kept_max=2)
    assert all(await decide(books, heads, transfer(ana.main, ben.main, 5)))
    assert all(await decide(books, heads, transfer(ben.main, cid.main, 5)))
    assert not heads.knows([ana.main])
    wide = [transfer(ana.main, ben.main, 5), transfer(ana.main, cid.main, 5)]
    assert await decide(books, heads, *wide) == [None, None]


def test_a_value_with_the_separator_is_no_column() -> None:
    """It would shift every value behind it."""
    assert join_column(["a", "b"]) == f"a{SEPARATOR}b"
    with pytest.raises(NotAColumn):
        join_column(["a", f"b{SEPARATOR}c"])
