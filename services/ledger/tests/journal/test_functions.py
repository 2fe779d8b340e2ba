"""The SQL functions and views that are part of the product."""

import json
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from chassis.outbox import part_of
from contracts.cloudevents import decode, read_headers
from contracts.ledger import TransferPosted
from ledger.journal.models import Movement, Posted, Transfer
from services.ledger.tests.books import NOW, Books, transfer


async def test_the_balance_is_the_newest_entry(books: Books) -> None:
    """An account without entries holds nothing; then it holds what its chain says."""
    ana, ben = await books.open_person(100), await books.open_person()
    assert await books.balance(ben.main) == 0
    await books.post(transfer(ana.main, ben.main, 30), transfer(ana.main, ben.main, 3))
    assert (await books.balance(ana.main), await books.balance(ben.main)) == (67, 33)


async def test_the_balance_at_a_time_counts_what_was_effective_by_then(books: Books) -> None:
    """History reads back, and a backdated entry counts from its effective date."""
    ana, ben = await books.open_person(100), await books.open_person()
    moves = []
    for day in (1, 2, 3):
        books.clock.move(timedelta(days=1))
        moves += await books.post(transfer(ana.main, ben.main, day))
    late = Transfer(
        uuid4(),
        "correction",
        (Movement(ana.main, "LXC", -10), Movement(ben.main, "LXC", 10)),
        effective_at=NOW + timedelta(days=1, hours=1),
    )
    moves += await books.post(late)
    assert all(isinstance(move, Posted) for move in moves)
    at = "SELECT get_account_balance($1, $2::timestamptz)"
    found = [
        await books.value(at, ben.main, NOW + timedelta(days=days, hours=2)) for days in range(5)
    ]
    assert found == [0, 11, 13, 16, 16]
    assert await books.balance(ben.main) == 16


async def test_sql_clients_move_money_under_the_same_rules(books: Books) -> None:
    """The function transfer_credits posts, and says what the service would say."""
    ana, ben = await books.open_person(100), await books.open_person()
    async with books.transaction() as conn:
        moved = await conn.fetchval("SELECT transfer_credits($1, $2, 60)", ana.main, ben.main)
    assert (await books.balance(ana.main), await books.balance(ben.main)) == (40, 60)
    [row] = await books.rows("SELECT * FROM outbox WHERE key = $1", str(moved))
    envelope = read_headers([(name, text.encode()) for name, text in row["headers"].items()])
    event = decode(envelope, row["payload"].encode())
    assert isinstance(event, TransferPosted)
    assert event.audience() == envelope.audience == (ana.id, ben.id)
    assert [(e.account_seq, e.amount_minor, e.balance_after_minor) for e in event.entries] == [
        (2, -60, 40),
        (1, 60, 60),
    ]
    assert row["part"] == part_of(row["key"])
    await books.check()


@pytest.mark.parametrize(
    ("amount", "rule"),
    [
        ("101", "entry_available_not_below_floor"),
        ("0", "entry_amount_not_zero"),
        ("-5", "entry_available_not_below_floor"),
    ],
)
async def test_sql_clients_are_refused_by_the_same_rules(
    books: Books, amount: str, rule: str
) -> None:
    """Overdraft, nothing at all, and taking from the other side."""
    ana, ben = await books.open_person(100), await books.open_person()
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with books.transaction() as conn:
            await conn.fetchval(f"SELECT transfer_credits($1, $2, {amount})", ana.main, ben.main)
    assert refused.value.constraint_name == rule


async def test_sql_clients_need_two_accounts(books: Books) -> None:
    """The same account twice, or one that is not there, is refused."""
    ana = await books.open_person(100)
    for other in (ana.main, uuid4()):
        with pytest.raises(asyncpg.CheckViolationError, match="two different accounts"):
            await books.value("SELECT transfer_credits($1, $2, 5)", ana.main, other)


async def test_the_views_tell_balances_and_summaries(books: Books) -> None:
    """What reports read agrees with the entries."""
    ana, ben = await books.open_person(100), await books.open_person()
    [verdict] = await books.post(transfer(ana.main, ben.main, 60))
    assert isinstance(verdict, Posted)
    [row] = await books.rows("SELECT * FROM account_balances WHERE id = $1", ana.main)
    assert (row["version"], row["balance_minor"], row["held_minor"]) == (2, 40, 0)
    assert (row["available_minor"], row["moved_at"]) == (40, NOW)
    [row] = await books.rows(
        "SELECT * FROM transaction_summaries WHERE id = $1", verdict.transfer.id
    )
    assert (row["asset"], row["entries"], row["moved_minor"]) == ("LXC", 2, 60)
    assert (row["from_accounts"], row["to_accounts"]) == ([ana.main], [ben.main])


async def test_a_balance_is_one_index_descent(own_books: Books) -> None:
    """However long the chain, reading its end touches a handful of pages."""
    ana, ben = await own_books.open_person(10_000), await own_books.open_person()
    for _ in range(10):
        await own_books.post(*(transfer(ana.main, ben.main, 1) for _ in range(300)))
    async with own_books.transaction() as conn:
        await conn.execute("SET LOCAL enable_seqscan = off")
        plan = await conn.fetchval(
            "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) "
            "SELECT balance_minor FROM account_balances WHERE id = $1",
            ana.main,
        )
    top = json.loads(plan)[0]["Plan"]
    assert top["Shared Hit Blocks"] + top["Shared Read Blocks"] <= 10
