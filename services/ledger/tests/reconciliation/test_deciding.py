"""Decisions by hand: matching, ignoring, undoing, writing off, and the second pair of eyes."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from ledger.reconciliation.deciding.decide_proposal import decide_proposal
from ledger.reconciliation.deciding.ignore import ignore_items
from ledger.reconciliation.deciding.match import match_items
from ledger.reconciliation.deciding.undo import undo_decision
from ledger.reconciliation.deciding.write_off import People, write_off_items
from ledger.reconciliation.errors import (
    FourEyes,
    NothingToWriteOff,
    NotOpen,
    NotUndoable,
    ProposalDecided,
    SumsDiffer,
)
from ledger.reconciliation.models import Decision, Proposal
from ledger.reconciliation.wishes import ItemsWish
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.reconciliation.bank import DAY, OPERATOR, SECOND, Bank, csv_of


async def suspense(books: Books, **setup: Any) -> Bank:
    """Lines of 5.00, 3.00 and -0.40; entries of 8.00 and 1.00; nothing matches by itself."""
    bank = await Bank.open(books, **setup)
    await bank.post((800, "x"), (100, "y"))
    day = str(DAY)
    await bank.bring(
        csv_of([(day, "5.00", "a", ""), (day, "3.00", "b", ""), (day, "-0.40", "fee", "")]), 0, 760
    )
    await bank.run()
    return bank


async def decide(bank: Bank, verb: Any, lines: tuple[int, ...], entries: tuple[int, ...]) -> Any:
    """Let an operator decide."""
    setup = await bank.setup()
    wish = ItemsWish(lines=lines, entries=entries, reason="looked at by hand")
    async with bank.books.transaction() as conn:
        return await verb(conn, setup, wish, decision_id=new_id(), operator=OPERATOR, now=NOW)


async def write_off(
    bank: Bank, lines: tuple[int, ...], entries: tuple[int, ...] = ()
) -> Decision | Proposal:
    """Let an operator write off."""
    setup = await bank.setup()
    wish = ItemsWish(lines=lines, entries=entries, reason="a fee of the bank")
    async with bank.books.transaction() as conn:
        return await write_off_items(conn, setup, wish, People(OPERATOR), now=NOW)


async def test_items_are_matched_by_hand_only_when_they_agree(books: Books) -> None:
    """5.00 and 3.00 are the 8.00; 5.00 alone is not."""
    bank = await suspense(books)
    with pytest.raises(SumsDiffer):
        await decide(bank, match_items, (1,), (1,))
    await decide(bank, match_items, (1, 2), (1,))
    assert (await bank.open_items("LINE"), await bank.open_items("ENTRY")) == ([3], [2])
    for lines, entries in (((1,), (1,)), ((9,), ()), ((), (9,))):
        with pytest.raises(NotOpen):
            await decide(bank, match_items, lines, entries)
    assert (await bank.sum_up()).sums.unexplained_minor == 0


async def test_of_many_at_once_one_decides(books: Books) -> None:
    """Ten operators match the same line: one does, nine are told that it is settled."""
    bank = await suspense(books)
    many = await asyncio.gather(
        *(decide(bank, match_items, (1, 2), (1,)) for _ in range(10)), return_exceptions=True
    )
    assert sum(isinstance(one, Decision) for one in many) == 1
    assert sum(isinstance(one, NotOpen) for one in many) == 9


async def test_ignored_items_stay_in_the_summary(books: Books) -> None:
    """Off the list, with a reason, and named as a term."""
    bank = await suspense(books)
    await decide(bank, ignore_items, (3,), (2,))
    assert (await bank.open_items("LINE"), await bank.open_items("ENTRY")) == ([1, 2], [1])
    sums = (await bank.sum_up()).sums
    assert (sums.ignored_lines, sums.ignored_entries) == ((1, -40), (1, 100))
    assert sums.unexplained_minor == 0


async def test_a_decision_is_undone_once_and_stays_on_record(books: Books) -> None:
    """Its items are open again, and can be decided about anew; a write-off is a transfer."""
    bank = await suspense(books)
    first = await decide(bank, match_items, (1, 2), (1,))

    async def undo(decision: UUID) -> Decision:
        async with books.transaction() as conn:
            return await undo_decision(
                conn, bank.account_id, decision, reason="wrong",
                decision_id=new_id(), operator=SECOND, now=NOW,
            )  # fmt: skip

    undoing = await undo(first.id)
    assert await bank.open_items("LINE") == [1, 2, 3]
    for decision in (first.id, undoing.id):
        with pytest.raises(NotUndoable):
            await undo(decision)
    await decide(bank, match_items, (1, 2), (1,))
    written = await write_off(await raise_limit(bank), (3,))
    with pytest.raises(NotUndoable):
        await undo(written.id)
    assert await books.value(
        "SELECT array_agg(kind ORDER BY id) FROM reconciliation_decision WHERE account_id = $1",
        bank.account_id,
    ) == ["MATCH", "UNDO", "MATCH", "WRITE_OFF"]


async def raise_limit(bank: Bank) -> Bank:
    """Let one operator write off up to 0.50."""
    async with bank.books.scratch.connect("admin") as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(
            "UPDATE ledger.reconciliation_setup SET write_off_limit_minor = 50"
            " WHERE account_id = $1",
            bank.account_id,
        )
    return bank


async def test_a_small_write_off_is_posted_and_settles_its_line(books: Books) -> None:
    """The account loses 0.40, the line is settled with that very entry, and the books are right."""
    bank = await suspense(books, write_off_limit="0.40")
    decision = await write_off(bank, (3,))
    assert isinstance(decision, Decision)
    assert await books.balance(bank.account_id) == 860
    assert await bank.open_items("LINE") == [1, 2]
    assert (await bank.sum_up()).sums.unexplained_minor == 0
    # The next run meets the entry, and knows it.
    await bank.run()
    assert await bank.open_items("ENTRY") == [1, 2]
    with pytest.raises(NothingToWriteOff):
        await write_off(bank, (1, 2), (1,))
    await books.check()


async def test_what_one_entry_lacks_is_written_off_with_it(books: Books) -> None:
    """Lines of 8.00 and -0.40 are the entry of 8.00, less a fee; also an entry with no line."""
    bank = await suspense(books, write_off_limit="1.00")
    first = await write_off(bank, (1, 2, 3), (1,))
    second = await write_off(bank, (), (2,))
    assert isinstance(first, Decision)
    assert isinstance(second, Decision)
    assert (first.written_off_minor, second.written_off_minor) == (40, 100)
    assert await books.balance(bank.account_id) == 760
    assert (await bank.open_items("LINE"), await bank.open_items("ENTRY")) == ([], [])


async def test_a_large_write_off_needs_a_second_operator(books: Books) -> None:
    """Nothing moves before; who proposed it cannot approve it; decided it stays decided."""
    bank = await suspense(books, write_off_limit="0.39")
    proposal = await write_off(bank, (3,))
    assert isinstance(proposal, Proposal)
    assert await books.balance(bank.account_id) == 900
    assert await bank.open_items("LINE") == [1, 2, 3]

    async def answer(operator: UUID, one: Proposal, *, approved: bool) -> Proposal:
        setup = await bank.setup()
        async with books.transaction() as conn:
            return await decide_proposal(
                conn, setup, one.id, approved=approved, operator=operator, now=NOW
            )

    with pytest.raises(FourEyes):
        await answer(OPERATOR, proposal, approved=True)
    done = await answer(SECOND, proposal, approved=True)
    assert (done.state, done.decided_by) == ("APPROVED", SECOND)
    assert await books.balance(bank.account_id) == 860
    with pytest.raises(ProposalDecided):
        await answer(SECOND, proposal, approved=False)
    dropped = await write_off(bank, (1,))
    assert isinstance(dropped, Proposal)
    assert (await answer(OPERATOR, dropped, approved=False)).state == "REJECTED"
    assert await bank.open_items("LINE") == [1, 2]
    await books.check()


async def test_the_database_keeps_the_rules_whoever_writes(books: Books) -> None:
    """Settled twice, without a reason, without four eyes, in part, or by another's decision."""
    bank = await suspense(books, write_off_limit="0.39")
    kept = await decide(bank, match_items, (1, 2), (1,))
    columns = (
        "INSERT INTO reconciliation_decision (id, account_id, kind, strategy, line_count,"
        " entry_count, lines_minor, entries_minor, tolerance_minor, reason, decided_by, decided_at"
        " {more}) VALUES ($1, $2, '{kind}', 'manual', {lines}, {entries}, {lines_minor},"
        " {entries_minor}, {tolerance}, '{reason}', $2, now() {values})"
    )
    usual = {
        "kind": "IGNORE", "lines": 1, "entries": 0, "lines_minor": -40, "entries_minor": 0,
        "tolerance": 0, "reason": "r", "more": "", "values": "",
    }  # fmt: skip
    posted = {"kind": "WRITE_OFF", "entries": 1}
    settle = (
        "UPDATE reconciliation_item SET decision_id = $1 WHERE account_id = $2 AND side = 'LINE'"
    )
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("reconciliation_item_settled_once", {}, f"{settle} AND number = 1"),
        ("reconciliation_decision_has_reason", {"reason": ""}, f"{settle} AND number = 3"),
        ("reconciliation_decision_whole", {}, ""),
        ("reconciliation_decision_whole", {"lines_minor": -41}, f"{settle} AND number = 3"),
        ("reconciliation_decision_agrees", {"kind": "MATCH", "entries": 1}, ""),
        ("reconciliation_tolerance_of_rules", {"tolerance": 50}, ""),
        ("reconciliation_write_off_posted", {**posted, "entries_minor": -40}, ""),
    ]

    async def write(changes: dict[str, Any], update: str) -> None:
        async with books.transaction() as conn:
            decision = new_id()
            await conn.execute(columns.format(**usual | changes), decision, bank.account_id)
            if update:
                await conn.execute(update, decision, bank.account_id)

    for rule, changes, update in wrong:
        with pytest.raises(asyncpg.PostgresError) as caught:
            await write(changes, update)
        assert getattr(caught.value, "constraint_name", None) == rule, rule
    reopen = "UPDATE reconciliation_item SET decision_id = NULL WHERE decision_id = $1"
    async with books.database.connection() as conn:
        with pytest.raises(asyncpg.PostgresError, match="settled already"):
            await conn.execute(f"{settle} AND number = 3", kept.id, bank.account_id)
        with pytest.raises(asyncpg.PostgresError, match="settled already"):
            await conn.execute(reopen, kept.id)


@pytest.mark.parametrize("role", ["ledger", "migrator"])
async def test_what_was_decided_cannot_be_changed(books: Books, role: str) -> None:
    """Not by the service's role, and not by the owner of the tables."""
    bank = await suspense(books)
    await decide(bank, match_items, (1, 2), (1,))
    async with books.scratch.connect(role) as conn:
        if role == "migrator":
            await conn.execute("SET ROLE ledger_owner")
            await conn.execute("SET search_path = ledger")
        for statement in (
            "UPDATE reconciliation_decision SET reason = 'another'",
            "DELETE FROM reconciliation_decision",
            "DELETE FROM reconciliation_item",
            "UPDATE reconciliation_item SET amount_minor = 1 WHERE decision_id IS NULL",
            "UPDATE bank_statement SET closing_minor = 1",
            "DELETE FROM bank_statement",
            "UPDATE reconciliation_setup SET rules = '[]'",
            "DELETE FROM write_off_proposal",
        ):
            with pytest.raises(asyncpg.PostgresError):
                await conn.execute(statement)


async def test_a_damaged_record_shows_as_unexplained(books: Books) -> None:
    """An amount that was changed behind the rules' back: the summary says by how much."""
    bank = await suspense(books)
    assert (await bank.sum_up()).sums.unexplained_minor == 0
    async with books.scratch.connect("admin") as admin:
        await admin.execute("SET session_replication_role = replica")
        await admin.execute(
            "UPDATE ledger.reconciliation_item SET amount_minor = amount_minor + 7"
            " WHERE account_id = $1 AND side = 'ENTRY' AND number = 1",
            bank.account_id,
        )
    assert (await bank.sum_up()).sums.unexplained_minor == -7
