"""Files: whole or not at all, once, in order."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from ledger.reconciliation.errors import (
    NotOneOfOurs,
    NotReconciled,
    SetupFixed,
    StatementDoesNotContinue,
    StatementFileMalformed,
)
from ledger.reconciliation.files.csv_file import Declared
from ledger.reconciliation.import_file import Upload, import_file
from ledger.reconciliation.set_up import set_up_account
from ledger.reconciliation.wishes import SetupWish
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.reconciliation.bank import DAY, OPERATOR, Bank, csv_of

FILE = csv_of([(str(DAY), "1.00", "a", ""), (str(DAY), "-0.25", "b", "")])


async def rows_of(bank: Bank) -> tuple[int, int]:
    """Statements and items of an account."""
    statements = await bank.books.value(
        "SELECT count(*) FROM bank_statement WHERE account_id = $1", bank.account_id
    )
    items = await bank.books.value(
        "SELECT count(*) FROM reconciliation_item WHERE account_id = $1", bank.account_id
    )
    return statements, items


async def test_the_same_file_again_changes_nothing(books: Books) -> None:
    """By its content, whatever it is called; also ten times at once."""
    bank = await Bank.open(books)
    many = await asyncio.gather(*(bank.bring(FILE, 0, 75, name=f"{n}.csv") for n in range(10)))
    assert sorted(one.unchanged for one in many) == [False, *[True] * 9]
    again = await bank.bring(FILE, 0, 75)
    assert again.unchanged
    assert [one.seq for one in again.statements] == [1]
    assert await rows_of(bank) == (1, 2)


async def test_a_file_with_a_fault_leaves_nothing(books: Books) -> None:
    """The last line is wrong: the others are not taken either."""
    bank = await Bank.open(books)
    with pytest.raises(StatementFileMalformed) as caught:
        await bank.bring(FILE + b"\n2026-11-20,1.005,c,", 0, 75)
    assert caught.value.facts["errors"] == [
        {"line": 4, "field": "Amount", "rule": "amount", "message": "the asset has 2 decimals"}
    ]
    with pytest.raises(StatementFileMalformed):
        await bank.bring(FILE, 0, 76)
    assert await rows_of(bank) == (0, 0)


async def test_statements_continue_each_other(books: Books) -> None:
    """A gap is refused with what is wanted; then the missing one comes, and then it fits."""
    bank = await Bank.open(books)
    await bank.bring(FILE, 0, 75)
    later = DAY + timedelta(days=1)
    with pytest.raises(StatementDoesNotContinue) as caught:
        await bank.bring(csv_of([(str(later), "1.00", "z", "")]), 80, 180, later)
    assert caught.value.facts["closing_minor"] == "75"
    sooner = DAY - timedelta(days=1)
    with pytest.raises(StatementDoesNotContinue):
        await bank.bring(csv_of([(str(sooner), "1.00", "z", "")]), 75, 175, sooner)
    await bank.bring(csv_of([(str(later), "0.05", "y", "")]), 75, 80, later)
    await bank.bring(csv_of([(str(later), "1.00", "z", "")]), 80, 180, later)
    assert await rows_of(bank) == (3, 4)


async def test_the_database_refuses_statements_that_do_not_add_up(books: Books) -> None:
    """Also from a program that does not check: sums, order and lines from nowhere."""
    bank = await Bank.open(books)
    await bank.bring(FILE, 0, 75)
    statement = (
        "INSERT INTO bank_statement VALUES ($1, $2, $3, 1, 'f', 'csv', '', $4, $5, $6, $6, $7, $8,"
        " $1, now())"
    )
    line = (
        "INSERT INTO reconciliation_item (account_id, side, number, amount_minor, booked_on,"
        " reference, details, statement_seq) VALUES ($1, 'LINE', 3, 5, $2, '', '', $3)"
    )
    account, digest = bank.account_id, b"x" * 32
    wrong = [
        ("bank_statement_continues", (3, 75, 75, 0, 2), None),
        ("bank_statement_continues", (2, 74, 74, 0, 2), None),
        ("bank_statement_continues", (2, 75, 75, 0, 9), None),
        ("bank_statement_adds_up", (2, 75, 81, 1, 3), 2),
        ("bank_statement_adds_up", (2, 75, 80, 2, 4), 2),
        ("reconciliation_item_true", None, 1),
    ]

    async def write(values: Any, of: int | None) -> None:
        async with books.transaction() as conn:
            if values:
                seq, opening, closing, count, last = values
                await conn.execute(
                    statement, account, seq, digest, opening, closing, DAY, count, last
                )
            if of:
                await conn.execute(line, account, DAY, of)

    for rule, values, of in wrong:
        with pytest.raises(asyncpg.PostgresError) as caught:
            await write(values, of)
        assert getattr(caught.value, "constraint_name", None) == rule, rule
    assert await rows_of(bank) == (1, 2)


async def test_only_system_accounts_are_reconciled_and_the_sign_is_said_once(books: Books) -> None:
    """A person's account has no bank; another sign would turn what was read."""
    person = await books.open_person()
    bank = await Bank.open(books)

    async def turn(account: UUID) -> None:
        async with books.transaction() as conn:
            wish = SetupWish(mirrored=True, reason="no")
            await set_up_account(conn, account, wish, operator=OPERATOR, now=NOW)

    with pytest.raises(NotOneOfOurs):
        await turn(person.main)
    with pytest.raises(SetupFixed):
        await turn(bank.account_id)
    upload = Upload(FILE, "a", "csv", Declared(0, 75))
    with pytest.raises(NotReconciled):
        await import_file(books.database, new_id(), upload, operator=UUID(int=1), now=NOW)
