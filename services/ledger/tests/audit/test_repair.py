"""What is derived from the journal is made anew from it; the journal stays as it is."""

from typing import Any, Final

import asyncpg
import pytest

from ledger.audit.errors import JournalWrong
from ledger.audit.repair import repair_projections
from services.ledger.tests.audit.history import live
from services.ledger.tests.audit.test_verify import audit
from services.ledger.tests.books import Books
from services.ledger.tests.transparency.log import as_owner, keep

DAMAGE: Final = {
    "a reservation that says more was captured": (
        "reservation",
        (
            "UPDATE reservation SET captured_minor = captured_minor - 5, "
            "released_minor = released_minor + 5 WHERE state = 'COMPLETED'"
        ),
    ),
    "a reservation that says it is over": (
        "reservation",
        (
            "UPDATE reservation SET state = 'RELEASED', released_minor = amount_minor "
            "WHERE state = 'ACTIVE'"
        ),
    ),
    "a lost move": (
        "reservation_move",
        "DELETE FROM reservation_move WHERE version = 1 AND state = 'ACTIVE'",
    ),
    "a move of another amount": (
        "reservation_move",
        "UPDATE reservation_move SET held_minor = held_minor - 1 WHERE state = 'COMPLETED'",
    ),
    "a lost timer": ("timer", "DELETE FROM timer"),
    "an escrow with another fee": (
        "escrow",
        "UPDATE escrow SET fee_minor = fee_minor + 1 WHERE state = 'RELEASED'",
    ),
    "an escrow that gave another part back": (
        "escrow",
        "UPDATE escrow SET refunded_minor = refunded_minor + 1 WHERE refunded_minor IS NOT NULL",
    ),
    "an escrow that is funded again": (
        "escrow",
        (
            "UPDATE escrow SET state = 'FUNDED', settled_by = NULL, fee_minor = NULL, "
            "refunded_minor = NULL, version = 1 WHERE state = 'RELEASED'"
        ),
    ),
    "a node": (
        "transparency_node",
        "UPDATE transparency_node SET hash = sha256('x') WHERE level = 2",
    ),
    "a lost node": ("transparency_node", "DELETE FROM transparency_node WHERE level = 1"),
    "one that does not wait any more": ("transparency_pending", "DELETE FROM transparency_pending"),
}
JOURNAL: Final = """
SELECT md5(string_agg(said, '' ORDER BY said)) FROM (
    SELECT t::text AS said FROM transfer AS t UNION ALL SELECT e::text FROM entry AS e
) AS rows
"""


async def repair(books: Books, *, apply: bool) -> list[Any]:
    """As the command does it."""
    found = await audit(books, 1000)
    async with books.scratch.connect("migrator") as conn:
        attempt = conn.transaction()
        await attempt.start()
        repairs = await repair_projections(conn, found.findings, by="test")
        await (attempt.commit() if apply else attempt.rollback())
    return repairs


@pytest.mark.parametrize("damage", DAMAGE)
async def test_what_is_derived_is_made_anew(own_books: Books, damage: str) -> None:
    """First shown, then done, once; the audit is clean, the journal untouched, the trail there."""
    await live(own_books)
    journal = await own_books.value(JOURNAL)
    table, statement = DAMAGE[damage]
    await as_owner(own_books, table, statement)
    assert not (await audit(own_books, 1000)).clean
    shown = await repair(own_books, apply=False)
    assert shown
    assert all(one.changes() for one in shown)
    assert not (await audit(own_books, 1000)).clean
    assert await own_books.value("SELECT count(*) FROM projection_repair") == 0
    assert await repair(own_books, apply=True) == shown
    assert (await audit(own_books, 1000)).findings == []
    assert await own_books.value(JOURNAL) == journal
    assert await own_books.value("SELECT count(*) FROM projection_repair") == len(shown)
    assert await repair(own_books, apply=True) == []
    await keep(own_books)
    assert (await audit(own_books, 1000)).clean


async def test_nothing_is_derived_from_a_journal_that_is_wrong(own_books: Books) -> None:
    """A forged entry beside a broken reservation: neither is touched."""
    await live(own_books)
    await as_owner(own_books, *DAMAGE["a reservation that says more was captured"])
    await as_owner(own_books, "entry", "UPDATE entry SET amount_minor = amount_minor * 2")
    with pytest.raises(JournalWrong):
        await repair(own_books, apply=True)
    assert await own_books.value("SELECT count(*) FROM projection_repair") == 0


async def test_guards_stand_again_after_a_repair(own_books: Books) -> None:
    """And the service's role may not rebuild anything."""
    await live(own_books)
    await as_owner(own_books, *DAMAGE["a node"])
    await repair(own_books, apply=True)
    async with own_books.scratch.connect("migrator") as conn:
        await conn.execute("SET ROLE ledger_owner; SET search_path = ledger")
        with pytest.raises(asyncpg.CheckViolationError):
            await conn.execute("DELETE FROM reservation")
        with pytest.raises(asyncpg.CheckViolationError):
            await conn.execute("DELETE FROM projection_repair")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await own_books.rows("SELECT rebuild_reservation(id) FROM reservation")
