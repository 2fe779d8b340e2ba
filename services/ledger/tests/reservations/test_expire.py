"""Expiry by the worker: many at once, and none held up by another's fault."""

from datetime import timedelta

from services.ledger.tests.books import Books
from services.ledger.tests.reservations import moves


async def test_all_that_are_due_expire_together(own_books: Books) -> None:
    """A burst takes a few transactions, not one each; what is not due stays."""
    books = own_books
    people = [await books.open_person(1_000) for _ in range(5)]
    for person in people:
        for _ in range(44):
            await moves.reserve(books, person.main, 10)
        await moves.reserve(books, person.main, 10, books.clock.now() + timedelta(hours=1))
    books.clock.move(moves.HALF_AN_HOUR)
    assert await moves.worker(books).fire_due() == 2
    for person in people:
        assert await moves.figures(books, person.main) == (1_000, 10, 990)
    states = await books.rows("SELECT state, count(*) AS found FROM reservation GROUP BY state")
    assert {row["state"]: row["found"] for row in states} == {"EXPIRED": 220, "ACTIVE": 5}
    assert await books.value("SELECT count(*) FROM timer") == 5
    await books.check()


async def test_one_that_cannot_expire_stops_no_other(own_books: Books) -> None:
    """Whoever broke the rules by force finds the reservation held, and the others ended."""
    books = own_books
    people = [await books.open_person(100) for _ in range(4)]
    held = [await moves.reserve(books, person.main, 10) for person in people]
    async with books.scratch.connect("admin") as conn:
        await conn.execute(
            "SET search_path = ledger; SET session_replication_role = replica; "
            f"UPDATE account SET closed = true WHERE id = '{people[1].main}'"
        )
    books.clock.move(moves.HALF_AN_HOUR)
    for _ in range(3):
        await moves.worker(books).fire_due()
        books.clock.move(timedelta(seconds=5))
    states = await books.rows("SELECT state FROM reservation ORDER BY id")
    assert [row["state"] for row in states] == ["EXPIRED", "ACTIVE", "EXPIRED", "EXPIRED"]
    [timer] = await books.rows("SELECT key, attempts, last_error FROM timer")
    assert timer["key"] == str(held[1].id)
    assert timer["attempts"] > 0
    assert "AccountClosed" in timer["last_error"]


async def test_a_timer_that_comes_early_or_late_changes_nothing(books: Books) -> None:
    """Early it is set again; for what is over, or was never there, it does nothing."""
    ana, ben = await books.open_person(100), await books.open_person()
    early = await moves.reserve(books, ana.main, 10)
    over = await moves.reserve(books, ana.main, 10)
    await moves.capture(books, over.id, 10, ben.main)
    async with books.transaction() as conn:
        for key in (early.id, over.id, ana.id):
            await conn.execute(
                "INSERT INTO timer (kind, key, due_at) VALUES ('reservations.expire', $1, $2) "
                "ON CONFLICT (kind, key) DO UPDATE SET due_at = $2",
                str(key),
                books.clock.now(),
            )
    await moves.worker(books).fire_due()
    [row] = await books.rows("SELECT due_at FROM timer WHERE key = $1", str(early.id))
    assert row["due_at"] == early.expires_at
    assert await books.value("SELECT count(*) FROM timer WHERE key = $1", str(over.id)) == 0
    assert await moves.figures(books, ana.main) == (90, 10, 80)
