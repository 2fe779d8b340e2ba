"""What the database refuses of reservations by itself, whoever writes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.database import Connection
from chassis.ids import new_id
from ledger.journal.models import Movement, Transfer
from services.ledger.tests.books import NOW, Books, Person
from services.ledger.tests.reservations import moves

ROLES = ("ledger", "owner")
LATER = NOW + timedelta(minutes=1)
DUE = NOW + moves.HALF_AN_HOUR

INSERT_TRANSFER = """
INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at)
VALUES ($1, 'probe', $2, $3, $3)
"""
INSERT_ENTRY = """
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, held_minor, effective_at, posted_at
) VALUES ($1, $2, $3, $4, 'LXC', $5, $6, $7, $8, $9, $9)
"""
INSERT_RESERVATION = """
INSERT INTO reservation (
    id, account_id, asset, amount_minor, captured_minor, released_minor, state, created_at,
    expires_at, changed_at, version, moved_by
) VALUES ($1, $2, 'LXC', $3, $4, $5, $6, $7, $8, $7, $9, $10)
"""
UPDATE_RESERVATION = """
UPDATE reservation SET captured_minor = $2, released_minor = $3, state = $4, version = $5,
    moved_by = $6, changed_at = $7
WHERE id = $1
"""


@asynccontextmanager
async def writing(books: Books, role: str) -> AsyncIterator[Connection]:
    """A transaction as the service's role, or as the owner of the tables."""
    async with books.scratch.connect("ledger" if role == "ledger" else "migrator") as conn:
        if role == "owner":
            await conn.execute("SET ROLE ledger_owner; SET search_path = ledger")
        async with conn.transaction():
            yield conn


async def hold(
    conn: Connection, account_id: UUID, change: int, after: int, *, seq: int, balance: int = 100
) -> UUID:
    """A transfer that holds money or lets it go, past the service."""
    transfer_id = new_id()
    await conn.execute(INSERT_TRANSFER, transfer_id, 1, LATER)
    await conn.execute(
        INSERT_ENTRY, account_id, seq, transfer_id, 1, 0, balance, after, change, LATER
    )
    return transfer_id


BEGINNINGS: dict[str, dict[str, Any]] = {
    "nothing wrong": {},
    "reservation_begins_whole": {"version": 2},
    "reservation_move_of_transfer": {"amount": 59},
    "reservation_expires_after_it_began": {"expires": LATER},
    "reservation_active_has_a_rest": {"captured": 0, "released": 1},
    "entry_available_not_below_floor": {"amount": 101},
    "reservation_state_known": {"state": "LOST"},
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", BEGINNINGS)
async def test_a_reservation_begins_whole(books: Books, role: str, rule: str) -> None:
    """With its entry, all of it held, or not at all; the rule has a name."""
    ana = await books.open_person(100)
    wrong = BEGINNINGS[rule]
    amount = wrong.get("amount", 60)

    async def write() -> None:
        async with writing(books, role) as conn:
            held = amount if rule == "entry_available_not_below_floor" else 60
            moved_by = await hold(conn, ana.main, held, held, seq=2)
            await conn.execute(
                INSERT_RESERVATION, new_id(), ana.main, amount, wrong.get("captured", 0),
                wrong.get("released", 0), wrong.get("state", "ACTIVE"), LATER,
                wrong.get("expires", DUE), wrong.get("version", 1), moved_by,
            )  # fmt: skip

    if not wrong:
        await write()
        assert await moves.figures(books, ana.main) == (100, 60, 40)
        return
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await write()
    # A state that nobody knows is refused by whichever rule comes first.
    assert refused.value.constraint_name in (rule, "reservation_begins_whole")
    assert await moves.figures(books, ana.main) == (100, 0, 100)


#: Rule -> captured, released, state, version, changed_at, how much the entry lets go.
MOVES: dict[str, tuple[int, int, str, int, Any, int]] = {
    "nothing wrong": (0, 60, "RELEASED", 2, LATER, 60),
    "reservation_move_of_transfer": (0, 60, "RELEASED", 2, LATER, 59),
    "reservation_version_follows": (0, 60, "RELEASED", 3, LATER, 60),
    "reservation_expires_when_due": (0, 60, "EXPIRED", 2, LATER, 60),
    "reservation_over_has_no_rest": (0, 59, "RELEASED", 2, LATER, 59),
    "reservation_move_legal": (0, 60, "COMPLETED", 2, LATER, 60),
    "reservation_captured_not_negative": (-1, 61, "RELEASED", 2, LATER, 60),
    "reservation_active_has_a_rest": (60, 0, "ACTIVE", 2, LATER, 60),
    "entry_held_not_negative": (0, 60, "RELEASED", 2, LATER, 61),
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", MOVES)
async def test_only_legal_moves(books: Books, role: str, rule: str) -> None:
    """A release past the service works if it is one, and is refused by name otherwise."""
    ana = await books.open_person(100)
    held = await moves.reserve(books, ana.main, 60)
    captured, released, state, version, at, let_go = MOVES[rule]

    async def write() -> None:
        async with writing(books, role) as conn:
            moved_by = await hold(conn, ana.main, -let_go, 60 - let_go, seq=3)
            await conn.execute(
                UPDATE_RESERVATION, held.id, captured, released, state, version, moved_by, at
            )

    if rule == "nothing wrong":
        await write()
        assert await moves.figures(books, ana.main) == (100, 0, 100)
        return
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await write()
    assert refused.value.constraint_name in (rule, "reservation_move_legal")
    assert await moves.figures(books, ana.main) == (100, 60, 40)


@pytest.mark.parametrize("role", ROLES)
async def test_what_is_over_stays_over(books: Books, role: str) -> None:
    """Nothing leads back, though money be held for it again."""
    ana = await books.open_person(100)
    held = await moves.reserve(books, ana.main, 60)
    await moves.release(books, held.id)

    async def write() -> None:
        async with writing(books, role) as conn:
            moved_by = await hold(conn, ana.main, 60, 60, seq=4)
            await conn.execute(UPDATE_RESERVATION, held.id, 0, 0, "ACTIVE", 3, moved_by, LATER)

    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await write()
    assert refused.value.constraint_name == "reservation_over_stays_over"


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("change", ["amount_minor = 50", "account_id = to_account", "memo = 'x'"])
async def test_terms_never_change(books: Books, role: str, change: str) -> None:
    """For the service's role there is no right to it; for the owner there is a trigger."""
    ana, ben = await books.open_person(100), await books.open_person()
    held = await moves.try_to_reserve(books, ana.main, 60, to_account=ben.main)
    wanted = asyncpg.InsufficientPrivilegeError if role == "ledger" else asyncpg.CheckViolationError
    with pytest.raises(wanted):
        async with writing(books, role) as conn:
            await conn.execute(
                f"UPDATE reservation SET version = version + 1, {change} WHERE id = $1",
                held.id,  # type: ignore[union-attr] # reserved
            )


@pytest.mark.parametrize("role", ROLES)
async def test_what_was_made_for_a_payee_reaches_nobody_else(books: Books, role: str) -> None:
    """Captured money enters the account that was named."""
    ana, ben, eve = [await books.open_person(amount) for amount in (100, 0, 0)]
    held = await moves.try_to_reserve(books, ana.main, 60, to_account=ben.main)

    async def capture_for(payee: Person) -> None:
        async with writing(books, role) as conn:
            transfer_id = new_id()
            await conn.execute(INSERT_TRANSFER, transfer_id, 2, LATER)
            await conn.execute(INSERT_ENTRY, ana.main, 3, transfer_id, 1, -60, 40, 0, -60, LATER)
            await conn.execute(INSERT_ENTRY, payee.main, 1, transfer_id, 2, 60, 60, 0, None, LATER)
            await conn.execute(
                UPDATE_RESERVATION, held.id, 60, 0, "COMPLETED", 2, transfer_id, LATER,  # type: ignore[union-attr] # reserved
            )  # fmt: skip

    with pytest.raises(asyncpg.CheckViolationError, match="reservation_captured_for_payee"):
        await capture_for(eve)
    await capture_for(ben)
    assert await books.balance(ben.main) == 60


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_invents_a_move(books: Books, role: str) -> None:
    """The record of moves is written by the moves themselves."""
    ana = await books.open_person(100)
    held = await moves.reserve(books, ana.main, 60)
    statement = """
        INSERT INTO reservation_move
        SELECT $1, 2, 'RELEASED', $2, $3, -60, 0, $4
    """

    async def write() -> None:
        async with writing(books, role) as conn:
            moved_by = await hold(conn, ana.main, -60, 0, seq=3)
            await conn.execute(statement, held.id, ana.main, moved_by, LATER)

    wanted = asyncpg.InsufficientPrivilegeError if role == "ledger" else asyncpg.CheckViolationError
    with pytest.raises(wanted):
        await write()


async def test_nothing_is_held_without_a_reservation(books: Books) -> None:
    """Though the transfer be whole and written in one statement, as the journal writes."""
    ana = await books.open_person(100)
    wanted = Transfer(new_id(), "probe", (Movement(ana.main, "LXC", 0, 10),))
    with pytest.raises(asyncpg.CheckViolationError, match="entry_held_of_reservation"):
        await books.post(wanted)


async def test_an_account_with_held_money_is_not_closed(books: Books) -> None:
    """With an overdraft the balance may be zero and money held all the same."""
    ana = await books.open_person()
    await books.rows("UPDATE account SET floor_minor = -50 WHERE id = $1 RETURNING id", ana.main)
    held = await moves.reserve(books, ana.main, 50)
    close = "UPDATE account SET closed = true WHERE id = $1 RETURNING id"
    with pytest.raises(asyncpg.CheckViolationError, match="holds money"):
        await books.rows(close, ana.main)
    await moves.release(books, held.id)
    await books.rows(close, ana.main)
