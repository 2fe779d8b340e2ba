"""What the database says of policies, whoever writes: the service's role and the owner."""

import asyncio
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.ids import new_id
from ledger.journal.errors import InsufficientFunds, VelocityExceeded
from ledger.journal.models import Declined, Posted
from services.ledger.tests.books import NOW, Books, transfer
from services.ledger.tests.reservations import moves

ROLES = ["ledger", "owner"]
SET_VELOCITY = """
UPDATE account SET velocity_seconds = $2, velocity_minor = $3::text []::numeric [] WHERE id = $1
"""


async def limit(books: Books, account: UUID, *velocity: tuple[int, int]) -> None:
    """Give an account velocities."""
    async with books.transaction() as conn:
        seconds, limits = zip(*velocity, strict=True)
        await conn.execute(SET_VELOCITY, account, list(seconds), [str(one) for one in limits])


@pytest.mark.parametrize("role", ROLES)
async def test_no_writer_lets_more_go_than_may(books: Books, role: str) -> None:
    """`transfer_credits()` knows nothing of velocities; its entries are refused all the same."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    await limit(books, ana.main, (3_600, 100))
    async with books.writing(role) as conn:
        await conn.fetchval("SELECT transfer_credits($1, $2, 60)", ana.main, ben.main)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with books.writing(role) as conn:
            await conn.fetchval("SELECT transfer_credits($1, $2, 41)", ana.main, ben.main)
    assert refused.value.constraint_name == "entry_within_velocity"
    async with books.writing(role) as conn:
        await conn.fetchval("SELECT transfer_credits($1, $2, 40)", ana.main, ben.main)
        # What comes in is not asked, though nothing is left.
        await conn.fetchval("SELECT transfer_credits($1, $2, 5)", ben.main, ana.main)


async def test_the_database_and_the_decision_agree(books: Books) -> None:
    """To the unit and to the microsecond: what one lets pass the other does, at each edge."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    await limit(books, ana.main, (60, 100), (3_600, 150))
    second, edge = timedelta(seconds=1), timedelta(microseconds=1)
    story: list[tuple[timedelta, int, bool]] = [
        (timedelta(0), 100, True),
        (timedelta(0), 1, False),
        (60 * second - edge, 1, False),
        (60 * second, 51, False),
        (60 * second, 50, True),
        (3_600 * second - edge, 1, False),
        (3_600 * second, 100, True),
        (3_600 * second, 1, False),
    ]
    begin = books.clock.now()
    for after, amount, passes in story:
        verdict = await at(books, begin + after, transfer(ana.main, ben.main, amount))
        assert isinstance(verdict, Posted) == passes, (after, amount, verdict)
        if not passes:
            assert isinstance(verdict, Declined)
            assert isinstance(verdict.problem, VelocityExceeded)
    books.clock.move(timedelta(hours=2))


async def at(books: Books, moment: datetime, wanted: Any) -> Any:
    """Post at a time; the database has its own look at the entry."""
    books.clock.move(moment - books.clock.now())
    [verdict] = await books.post(wanted)
    return verdict


async def test_what_is_set_aside_counts_once(books: Books) -> None:
    """When it is set aside, not when it is captured; what is let go does not count back."""
    ana, ben = await books.open_person(1_000), await books.open_person()
    await limit(books, ana.main, (3_600, 100))
    held = await moves.reserve(books, ana.main, 80)
    refused = await moves.try_to_reserve(books, ana.main, 21)
    assert isinstance(refused, Declined)
    assert isinstance(refused.problem, VelocityExceeded)
    await moves.capture(books, held.id, 30, ben.main)
    await moves.capture(books, held.id, 10, ben.main, final=True)
    verdicts = await books.post(transfer(ana.main, ben.main, 21), transfer(ana.main, ben.main, 20))
    assert [isinstance(one, Posted) for one in verdicts] == [False, True]
    await books.check()


async def test_a_batch_is_limited_as_one_after_another(books: Books) -> None:
    """Twenty in one transaction, of which as many pass as may; and twenty at once."""
    ana, ben = await books.open_person(10_000), await books.open_person()
    await limit(books, ana.main, (60, 1_000))
    verdicts = await books.post(*(transfer(ana.main, ben.main, 90) for _ in range(20)))
    assert [isinstance(one, Posted) for one in verdicts] == [True] * 11 + [False] * 9
    books.clock.move(timedelta(minutes=1))
    raced = await asyncio.gather(*(books.post(transfer(ana.main, ben.main, 90)) for _ in range(20)))
    assert sum(isinstance(one, Posted) for [one] in raced) == 11
    assert await books.balance(ben.main) == 22 * 90


async def test_what_is_not_available_is_told_before_what_is_too_fast(books: Books) -> None:
    """The order of problems."""
    ana, ben = await books.open_person(50), await books.open_person()
    await limit(books, ana.main, (60, 10))
    [verdict] = await books.post(transfer(ana.main, ben.main, 60))
    assert isinstance(verdict, Declined)
    assert isinstance(verdict.problem, InsufficientFunds)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ("soft_floor_minor = -1", "account_soft_floor_not_below_floor"),
        ("soft_floor_minor = 5, ceiling_minor = 4", "account_soft_floor_not_above_ceiling"),
        ("velocity_seconds = '{60}'", "account_velocity_form"),
        ("velocity_seconds = '{59}', velocity_minor = '{1}'", "account_velocity_form"),
        ("velocity_seconds = '{NULL}', velocity_minor = '{1}'", "account_velocity_form"),
        ("velocity_seconds = '{60,70}', velocity_minor = '{1}'", "account_velocity_form"),
        ("velocity_seconds = '{60}', velocity_minor = '{-1}'", "account_velocity_form"),
        ("policy_version = 2", "account_policy_version_follows"),
        ("frozen = true, policy_version = 3", "account_policy_version_follows"),
        ("frozen = true, policy_version = 0", "account_policy_version_follows"),
        ("closed = true", "account_closed_is_empty"),
        ("closed = true, policy_version = 2", "account_closed_is_empty"),
    ],
)
async def test_each_rule_of_policies(books: Books, role: str, change: str, rule: str) -> None:
    """Refused by name."""
    ana = await books.open_person(100)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with books.writing(role) as conn:
            await conn.execute(f"UPDATE account SET {change} WHERE id = $1", ana.main)
    assert refused.value.constraint_name == rule


async def test_a_floor_stays_below_what_is_available(books: Books) -> None:
    """Though there is no service in between."""
    ana, ben = await books.open_person(), await books.open_person()
    async with books.writing("owner") as conn:
        await conn.execute("UPDATE account SET floor_minor = -50 WHERE id = $1", ana.main)
    await books.post(transfer(ana.main, ben.main, 20))
    with pytest.raises(asyncpg.CheckViolationError, match="account_floor_not_above_available"):
        async with books.writing("owner") as conn:
            await conn.execute("UPDATE account SET floor_minor = -19 WHERE id = $1", ana.main)


@pytest.mark.parametrize("role", ROLES)
async def test_history_is_written_by_the_change_itself(books: Books, role: str) -> None:
    """Who changes a policy past the service is named by their database role; nobody edits it."""
    ana = await books.open_person()
    async with books.writing(role) as conn:
        await conn.execute("UPDATE account SET frozen = true WHERE id = $1", ana.main)
        user = await conn.fetchval("SELECT session_user")
    kept = await books.rows(
        "SELECT * FROM account_policy_change WHERE account_id = $1 ORDER BY version", ana.main
    )
    assert [(one["version"], one["frozen"]) for one in kept] == [(1, False), (2, True)]
    assert kept[1]["reason"] == f"by the database role {user}"
    assert kept[0]["changed_at"] == NOW
    for statement in (
        "UPDATE account_policy_change SET reason = 'x'",
        "DELETE FROM account_policy_change",
        f"INSERT INTO account_policy_change SELECT '{new_id()}' FROM account LIMIT 1",
    ):
        with pytest.raises(asyncpg.PostgresError):
            async with books.writing(role) as conn:
                await conn.execute(statement)
