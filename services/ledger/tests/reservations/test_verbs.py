"""Setting money aside, paying from it, letting it go: over the real database."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from chassis.clock import FixedClock, SystemClock
from contracts.cloudevents import decode, read_headers
from contracts.ledger import (
    MoneyReserved,
    ReservationCaptured,
    ReservationExpired,
    ReservationReleased,
)
from ledger.journal.errors import (
    AccountFrozen,
    CeilingExceeded,
    InsufficientFunds,
    UnknownAccount,
    WrongAsset,
)
from ledger.journal.models import Declined, Posted
from ledger.reservations.errors import NoSuchReservation, ReservationDue, ReservationOver
from ledger.reservations.models import Reservation
from services.ledger.tests.books import NOW, Books, transfer
from services.ledger.tests.reservations import moves


async def test_what_is_set_aside_cannot_be_spent(books: Books) -> None:
    """The balance stays; available is balance less held, for transfers and for reservations."""
    ana, ben = await books.open_person(100), await books.open_person()
    await moves.reserve(books, ana.main, 60)
    assert await moves.figures(books, ana.main) == (100, 60, 40)
    [spent] = await books.post(transfer(ana.main, ben.main, 41))
    assert isinstance(spent, Declined)
    assert isinstance(spent.problem, InsufficientFunds)
    more = await moves.try_to_reserve(books, ana.main, 41)
    assert isinstance(more, Declined)
    assert more.problem.facts["short_by"] == "0.01"
    [refused] = await books.rows(
        "SELECT kind, rule, limit_minor, beyond_minor FROM refused_attempt WHERE transfer_id = $1",
        more.transfer.id,
    )
    assert tuple(refused) == ("reservation.reserve", "insufficient-funds", 0, 1)
    [spent] = await books.post(transfer(ana.main, ben.main, 40))
    assert isinstance(spent, Posted)
    await books.check()


async def test_a_reservation_is_paid_in_parts(books: Books) -> None:
    """Several captures, for several accounts; the last completes it."""
    ana, ben, cleo = [await books.open_person(amount) for amount in (100, 0, 0)]
    held = await moves.reserve(books, ana.main, 80)
    first = await moves.capture(books, held.id, 30, ben.main)
    assert isinstance(first, Reservation)
    assert (first.state, first.remaining_minor) == ("ACTIVE", 50)
    assert await moves.figures(books, ana.main) == (70, 50, 20)
    second = await moves.capture(books, held.id, 50, cleo.main)
    assert isinstance(second, Reservation)
    assert (second.state, second.captured_minor, second.version) == ("COMPLETED", 80, 3)
    assert await moves.figures(books, ana.main) == (20, 0, 20)
    assert [await books.balance(one.main) for one in (ben, cleo)] == [30, 50]
    with pytest.raises(ReservationOver):
        await moves.capture(books, held.id, 1, ben.main)
    await books.check()


async def test_the_final_capture_lets_the_rest_go(books: Books) -> None:
    """One transfer pays and frees the rest."""
    ana, ben = await books.open_person(100), await books.open_person()
    held = await moves.reserve(books, ana.main, 80)
    after = await moves.capture(books, held.id, 30, ben.main, final=True)
    assert isinstance(after, Reservation)
    assert (after.state, after.captured_minor, after.released_minor) == ("COMPLETED", 30, 50)
    assert await moves.figures(books, ana.main) == (70, 0, 70)
    await books.check()


async def test_what_is_released_is_free_again(books: Books) -> None:
    """All that is left, once."""
    ana, ben = await books.open_person(100), await books.open_person()
    held = await moves.reserve(books, ana.main, 80)
    await moves.capture(books, held.id, 30, ben.main)
    after = await moves.release(books, held.id)
    assert isinstance(after, Reservation)
    assert (after.state, after.captured_minor, after.released_minor) == ("RELEASED", 30, 50)
    assert await moves.figures(books, ana.main) == (70, 0, 70)
    with pytest.raises(ReservationOver):
        await moves.release(books, held.id)
    assert await books.value("SELECT count(*) FROM timer WHERE key = $1", str(held.id)) == 0
    with pytest.raises(NoSuchReservation):
        await moves.release(books, ana.main)


async def test_what_is_due_expires_and_history_tells_when(own_books: Books) -> None:
    """From the due time nobody can use it; the worker ends it, and what was held reads back."""
    books = own_books
    ana, ben = await books.open_person(100), await books.open_person()
    books.clock.move(timedelta(minutes=1))
    held = await moves.reserve(books, ana.main, 80)
    books.clock.move(timedelta(minutes=1))
    await moves.capture(books, held.id, 30, ben.main)
    assert await moves.worker(books).fire_due() == 0
    books.clock.move(timedelta(minutes=28))
    with pytest.raises(ReservationDue):
        await moves.capture(books, held.id, 1, ben.main)
    assert await moves.worker(books).fire_due() == 1
    assert await moves.worker(books).fire_due() == 0
    assert await moves.figures(books, ana.main) == (70, 0, 70)
    found = [
        await books.value("SELECT get_account_held($1, $2)", ana.main, NOW + timedelta(minutes=at))
        for at in (-1, 0, 1, 2, 29, 30)
    ]
    assert found == [0, 0, 80, 50, 50, 0]
    rows = await books.rows(
        "SELECT state, held_minor, captured_minor, moved_at FROM reservation_move "
        "WHERE reservation_id = $1 ORDER BY version",
        held.id,
    )
    assert [tuple(row) for row in rows] == [
        ("ACTIVE", 80, 0, NOW + timedelta(minutes=1)),
        ("ACTIVE", -30, 30, NOW + timedelta(minutes=2)),
        ("EXPIRED", -50, 0, NOW + timedelta(minutes=30)),
    ]
    await books.check()


async def test_expiry_comes_within_a_second(own_books: Books) -> None:
    """By the running worker and the real clock."""
    began = datetime.now(UTC)
    books = replace(own_books, clock=FixedClock(began))
    ana = await books.open_person(1_000)
    due = began + timedelta(seconds=0.5)
    held = [await moves.reserve(books, ana.main, 10, expires_at=due) for _ in range(20)]
    worker = moves.worker(books, SystemClock())
    running = asyncio.create_task(worker.run())
    await asyncio.sleep(1.5)
    worker.stop()
    await running
    rows = await books.rows("SELECT state, changed_at - expires_at AS late FROM reservation")
    assert [row["state"] for row in rows] == ["EXPIRED"] * len(held)
    assert max(row["late"] for row in rows) < timedelta(seconds=1)
    assert await moves.figures(books, ana.main) == (1_000, 0, 1_000)


async def test_each_move_is_told_to_the_owner(own_books: Books) -> None:
    """Four events, keyed by account, in the order of the account's chain."""
    books = own_books
    ana, ben = await books.open_person(100), await books.open_person()
    first = await moves.reserve(books, ana.main, 50)
    await moves.capture(books, first.id, 20, ben.main)
    await moves.release(books, first.id)
    second = await moves.reserve(books, ana.main, 5)
    books.clock.move(moves.HALF_AN_HOUR)
    await moves.worker(books).fire_due()
    rows = await books.rows(
        "SELECT * FROM outbox WHERE topic = 'ledger.reservations.v1' ORDER BY id"
    )
    events = [
        decode(
            read_headers([(name, text.encode()) for name, text in row["headers"].items()]),
            row["payload"].encode(),
        )
        for row in rows
    ]
    reserved, captured, released, _, expired = events
    assert isinstance(reserved, MoneyReserved)
    assert (reserved.amount_minor, reserved.expires_at) == (50, first.expires_at)
    assert isinstance(captured, ReservationCaptured)
    assert (captured.captured_minor, captured.to_account) == (20, ben.main)
    assert (captured.remaining_minor, captured.completed) == (30, False)
    assert isinstance(released, ReservationReleased)
    assert (released.released_minor, released.remaining_minor) == (30, 0)
    assert isinstance(expired, ReservationExpired)
    assert (expired.reservation_id, expired.released_minor) == (second.id, 5)
    assert {(event.key(), event.audience()) for event in events} == {(str(ana.main), (ana.id,))}
    assert [event.aggregate_version() for event in events] == [2, 3, 4, 5, 6]


async def test_the_journals_rules_hold_for_reservations(books: Books) -> None:
    """Unknown, other asset, frozen; what was declined may be tried again, and expires in time."""
    ana, ben = await books.open_person(100), await books.open_person()
    unknown = await moves.try_to_reserve(books, ana.id, 1)
    assert isinstance(unknown, Declined)
    assert isinstance(unknown.problem, UnknownAccount)
    held = await moves.reserve(books, ana.main, 60)
    set_policy = "UPDATE account SET {} WHERE id = $1 RETURNING id"
    await books.rows(set_policy.format("ceiling_minor = 10"), ben.main)
    await books.rows(set_policy.format("frozen = true"), ana.main)
    frozen = await moves.capture(books, held.id, 20, ben.main)
    assert isinstance(frozen, Declined)
    assert isinstance(frozen.problem, AccountFrozen)
    more = await moves.try_to_reserve(books, ana.main, 1)
    assert isinstance(more, Declined)
    assert isinstance(more.problem, AccountFrozen)
    await books.rows(set_policy.format("frozen = false"), ana.main)
    full = await moves.capture(books, held.id, 20, ben.main)
    assert isinstance(full, Declined)
    assert isinstance(full.problem, CeilingExceeded)
    other = await moves.capture(books, held.id, 20, await euros(books, ben.id))
    assert isinstance(other, Declined)
    assert isinstance(other.problem, WrongAsset)
    assert await moves.figures(books, ana.main) == (100, 60, 40)
    await books.rows(set_policy.format("frozen = true"), ana.main)
    due = replace(books, clock=FixedClock(held.expires_at))
    assert await moves.worker(due).fire_due() >= 1
    assert await moves.figures(books, ana.main) == (100, 0, 100)


async def euros(books: Books, owner: UUID) -> UUID:
    """A main account in another asset."""
    [row] = await books.rows(
        "INSERT INTO account (id, owner_id, type, asset, community, created_at) "
        "VALUES (gen_random_uuid(), $1, 'MAIN', 'EUR', 'riverside', $2) RETURNING id",
        owner,
        NOW,
    )
    found: UUID = row["id"]
    return found


async def test_no_floor_is_raised_above_what_a_promise_needs(books: Books) -> None:
    """A promise made under a limit is kept: the limit stays wide enough; nothing new is made."""
    ana, ben = await books.open_person(), await books.open_person()
    floor = "UPDATE account SET floor_minor = $2 WHERE id = $1 RETURNING id"
    await books.rows(floor, ana.main, -50)
    held = await moves.reserve(books, ana.main, 40)
    assert await moves.figures(books, ana.main) == (0, 40, -40)
    with pytest.raises(asyncpg.CheckViolationError, match="account_floor_not_above_available"):
        await books.rows(floor, ana.main, -20)
    await books.rows(floor, ana.main, -40)
    after = await moves.capture(books, held.id, 30, ben.main)
    assert isinstance(after, Reservation)
    assert await moves.figures(books, ana.main) == (-30, 10, -40)
    assert isinstance(await moves.try_to_reserve(books, ana.main, 1), Declined)
    await moves.release(books, held.id)
    await books.issue(ana.main, 100)
