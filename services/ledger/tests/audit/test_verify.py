"""The audit finds what the guards, switched off, let through; and nothing in good books."""

from datetime import timedelta

import pytest

from contracts.ledger import ReleaseEscrow
from ledger.audit.models import Report
from ledger.audit.recomputers import open_recomputers
from ledger.audit.verify import CHECKS, verify_books
from ledger.transparency.audit import audit_log
from services.ledger.tests.books import Books, Person
from services.ledger.tests.escrow.test_splits import carry_out, fund
from services.ledger.tests.transparency.log import as_owner, keep, send


async def busy(books: Books) -> tuple[Person, Person]:
    """Books with some history, two checkpoints and something that waits."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    for _ in range(2):
        for _ in range(4):
            await send(books, ana, ben, 5)
        await keep(books)
    await send(books, ben, ana)
    return ana, ben


async def audit(books: Books, page: int = 3, workers: int = 0) -> Report:
    """In small pages, so that each check crosses many borders."""
    return await verify_books(books.scratch.url("ledger"), page=page, workers=workers)


async def test_good_books_have_no_findings(own_books: Books) -> None:
    """Everything is looked at once, whatever the page."""
    await busy(own_books)
    for page in (1, 3, 5000):
        report = await audit(own_books, page)
        assert report.clean, report.findings
        counts = {"transfers": 10, "entries": 20, "floors": 7, "outbox": 10, "log": 9}
        counts |= {"projections": 7}
        assert report.examined == counts


async def test_empty_books_have_no_findings(own_books: Books) -> None:
    """There is nothing, and that is right."""
    report = await audit(own_books)
    assert report.clean
    assert sum(report.examined.values()) == 0


async def test_escrows_moved_after_a_clock_was_ahead_are_good(own_books: Books) -> None:
    """Chains do not go back in time, and one that is ahead takes its whole batch along."""
    ana, ben = await own_books.open_person(10_000), await own_books.open_person()
    dan, eve = await own_books.open_person(10_000), await own_books.open_person()
    own_books.clock.move(timedelta(minutes=5))
    await send(own_books, ana, ben, 5)
    own_books.clock.move(timedelta(minutes=-4))
    wanted, beside = fund(ana, ben, 1_000), fund(dan, eve, 1_000)
    await carry_out(own_books, beside, wanted)
    await carry_out(own_books, ReleaseEscrow(escrow_id=wanted.escrow_id))
    report = await audit(own_books)
    assert report.clean, report.findings
    # What no chain explains is still found.
    later = "UPDATE escrow SET created_at = created_at - interval '1 second'"
    await as_owner(own_books, "escrow", later)
    assert [one.check for one in (await audit(own_books)).findings] == ["projections"] * 2


ONE = "(SELECT min(transfer_id::text)::uuid FROM transparency_leaf WHERE leaf_index > 0)"
EDITS: dict[str, tuple[str, str, set[str]]] = {
    "an amount": (
        "entry",
        f"UPDATE entry SET amount_minor = amount_minor + 1 WHERE transfer_id = {ONE}",
        {"transfers", "entries", "outbox", "log"},
    ),
    "a balance": (
        "entry",
        f"UPDATE entry SET balance_after_minor = balance_after_minor + 1 WHERE transfer_id = {ONE}",
        {"entries", "outbox", "log"},
    ),
    "a balance below the floor": (
        "entry",
        (
            "UPDATE entry SET balance_after_minor = -1 WHERE account_id = (SELECT id FROM account "
            "WHERE type = 'MAIN' ORDER BY id LIMIT 1)"
        ),
        {"entries", "floors", "outbox", "log"},
    ),
    "an entry that is gone": (
        "entry",
        f"DELETE FROM entry WHERE transfer_id = {ONE} AND position = 1",
        {"transfers", "entries", "outbox", "log"},
    ),
    "a transfer that is gone": (
        "transfer",
        f"DELETE FROM transfer WHERE id = {ONE}",
        {"transfers", "outbox", "log"},
    ),
    "a memo": (
        "transfer",
        f"UPDATE transfer SET metadata = '{{}}', kind = 'other' WHERE id = {ONE}",
        {"outbox", "log"},
    ),
    "a time": (
        "transfer",
        f"UPDATE transfer SET effective_at = effective_at - interval '1 day' WHERE id = {ONE}",
        {"transfers", "outbox", "log"},
    ),
    "a transfer that does not wait any more": (
        "transparency_pending",
        "DELETE FROM transparency_pending",
        {"transfers"},
    ),
    "an event": (
        "outbox",
        "DELETE FROM outbox WHERE key = (SELECT max(key) FROM outbox)",
        {"outbox"},
    ),
    "an event twice": (
        "outbox",
        (
            "INSERT INTO outbox (event_id, topic, key, part, headers, payload) "
            "SELECT gen_random_uuid(), topic, key, part, headers, payload FROM outbox "
            "WHERE topic = 'ledger.transfers.v1' LIMIT 1"
        ),
        {"outbox"},
    ),
    "a leaf": (
        "transparency_leaf",
        "UPDATE transparency_leaf SET leaf_hash = sha256('x') WHERE leaf_index = 2",
        {"log"},
    ),
    "a salt": (
        "transparency_leaf",
        "UPDATE transparency_leaf SET salt = sha256('x') WHERE leaf_index = 2",
        {"log"},
    ),
    "a leaf that is gone": (
        "transparency_leaf",
        "DELETE FROM transparency_leaf WHERE leaf_index = 2",
        {"transfers", "log"},
    ),
    "the newest leaves": (
        "transparency_leaf",
        "DELETE FROM transparency_leaf WHERE leaf_index > 5",
        {"transfers", "log"},
    ),
    "a node": (
        "transparency_node",
        "UPDATE transparency_node SET hash = sha256('x') WHERE level = 1 AND ordinal = 3",
        {"log"},
    ),
    "a checkpoint's root": (
        "transparency_checkpoint",
        "UPDATE transparency_checkpoint SET root = sha256('x') WHERE size = 5",
        {"log"},
    ),
    "a checkpoint's note": (
        "transparency_checkpoint",
        "UPDATE transparency_checkpoint SET note = replace(note, '5', '4') WHERE size = 5",
        {"log"},
    ),
}


@pytest.mark.parametrize("edit", EDITS)
async def test_an_edit_is_found(own_books: Books, edit: str) -> None:
    """By the owner of the database with the guards off; the report says where."""
    await busy(own_books)
    table, statement, checks = EDITS[edit]
    await as_owner(own_books, table, statement)
    report = await audit(own_books)
    assert {check for check, count in report.found.items() if count} == checks, report.findings
    assert all(finding.subject and finding.detail for finding in report.findings)


async def test_an_audit_bears_being_run_while_money_moves(own_books: Books) -> None:
    """Posting and signing between its pages is no finding."""
    ana, ben = await busy(own_books)
    url = own_books.scratch.url("ledger")
    async with (
        own_books.database.connection() as conn,
        open_recomputers(url, 0) as recheck,
    ):
        for check in (
            *(check(conn, 2, {}) for check in CHECKS.values()),
            audit_log(conn, recheck, page=2),
        ):
            rounds = 0
            async for step in check:
                assert step.findings == []
                rounds += 1
                if rounds < 10:
                    await send(own_books, ana, ben)
                    await keep(own_books)
