"""What the database refuses by itself, whoever writes: the service's role and the owner."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from chassis.database import Connection
from chassis.ids import new_id
from ledger.journal.errors import CONSTRAINTS
from services.ledger.tests.books import NOW, Books, Person

ROLES = ("ledger", "owner")

INSERT_TRANSFER = """
INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at, reverses)
VALUES ($1, 'probe', $2, $3, $4, $5)
"""
INSERT_ENTRIES = """
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, held_minor, effective_at, posted_at
)
SELECT * FROM unnest(
    $1::uuid [], $2::bigint [], $3::uuid [], $4::smallint [], $5::text [], $6::numeric [],
    $7::numeric [], $8::numeric [], $9::numeric [], $10::timestamptz [], $11::timestamptz []
)
"""
#: The same in one statement, as the journal writes: then nothing waits for the commit.
INSERT_TOGETHER = f"""
WITH written AS (
    INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at, reverses)
    VALUES ($12, 'probe', $13, $14, $15, $16)
)
{INSERT_ENTRIES}
"""
LATER = NOW + timedelta(minutes=1)


@asynccontextmanager
async def writing(books: Books, role: str) -> AsyncIterator[Connection]:
    """A transaction as the service's role, or as the owner of the tables."""
    async with books.scratch.connect("ledger" if role == "ledger" else "migrator") as conn:
        if role == "owner":
            await conn.execute("SET ROLE ledger_owner; SET search_path = ledger")
        async with conn.transaction():
            yield conn


def side(account_id: UUID, seq: int, amount: int, after: int, **other: Any) -> dict[str, Any]:
    """An entry as it would be written."""
    plain = {
        "account": account_id,
        "seq": seq,
        "asset": "LXC",
        "amount": amount,
        "after": after,
        "held": 0,
        "hold": None,
        "position": None,
        "effective": None,
        "posted": None,
    }
    return plain | other


async def write(
    conn: Connection,
    *sides: dict[str, Any],
    count: int | None = None,
    posted: datetime = LATER,
    effective: datetime | None = None,
    reverses: UUID | None = None,
    together: bool = True,
) -> UUID:
    """A transfer with its entries, past the service; checked as at commit."""
    transfer_id = new_id()
    of_transfer = (transfer_id, count or len(sides), effective or posted, posted, reverses)
    if not together:
        await conn.execute(INSERT_TRANSFER, *of_transfer)
    await conn.execute(
        INSERT_TOGETHER if together else INSERT_ENTRIES,
        [one["account"] for one in sides],
        [one["seq"] for one in sides],
        [transfer_id for _ in sides],
        [one["position"] or number for number, one in enumerate(sides, 1)],
        *([one[name] for one in sides] for name in ("asset", "amount", "after", "held", "hold")),
        [one["effective"] or effective or posted for one in sides],
        [one["posted"] or posted for one in sides],
        *(of_transfer if together else ()),
    )
    await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return transfer_id


async def two(books: Books) -> tuple[Person, Person]:
    """Ana with 100 at seq 1, Ben with nothing."""
    return await books.open_person(100), await books.open_person()


@pytest.mark.parametrize("together", [True, False], ids=["together", "one by one"])
@pytest.mark.parametrize("role", ROLES)
async def test_a_proper_transfer_may_be_written(books: Books, role: str, together: bool) -> None:
    """The rules refuse what is wrong, and nothing else."""
    ana, ben = await two(books)
    sides = side(ana.main, 2, -60, 40), side(ben.main, 1, 60, 60)
    async with writing(books, role) as conn:
        await write(conn, *sides, together=together)
    assert await books.balance(ana.main) == 40


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "entry_available_not_below_floor": (
        {"amount": -101, "after": -1},
        {"amount": 101, "after": 101},
        {},
    ),
    "entry_asset_of_account": ({"asset": "EUR"}, {"asset": "EUR"}, {}),
    "entry_continues_chain": ({"seq": 3}, {}, {}),
    "entry_balance_continues_chain": ({"after": 41}, {}, {}),
    "entry_held_continues_chain": ({"held": 1}, {}, {}),
    "entry_posted_after_previous": ({}, {}, {"posted": NOW - timedelta(days=1)}),
    "entry_times_of_transfer": ({"effective": NOW}, {}, {}),
    "entry_position_of_transfer": ({}, {"position": 3}, {}),
    "entry_account_exists": (
        {"account": UUID(int=9), "amount": -60, "after": -60, "seq": 1},
        {},
        {},
    ),
    "entry_amount_not_zero": ({"amount": 0, "after": 100}, {"amount": 0, "after": 0}, {}),
    "entry_held_not_negative": ({"held": -1}, {}, {}),
    "entry_held_not_zero": ({"hold": 0}, {}, {}),
    "entry_held_of_reservation": ({"held": 1, "hold": 1}, {}, {}),
    "entry_held_at_once": (
        {"held": 1, "hold": 1},
        {},
        {"effective": LATER - timedelta(seconds=1)},
    ),
    "entry_pkey": ({"seq": 1, "after": 40}, {}, {}),
    "transfer_sums_to_zero": ({}, {"amount": 61, "after": 61}, {}),
    "transfer_entries_whole": ({}, {}, {"count": 3}),
    "transfer_not_in_the_future": ({}, {}, {"effective": LATER + timedelta(seconds=1)}),
    "transfer_reverses_known": ({}, {}, {"reverses": UUID(int=7)}),
    "transfer_entry_count_in_range": ({}, {}, {"count": 1001}),
}


@pytest.mark.parametrize("together", [True, False], ids=["together", "one by one"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", WRONG)
async def test_each_rule_is_refused_by_name(
    books: Books, role: str, rule: str, together: bool
) -> None:
    """Whoever writes past the service meets the same rule, and it has a name."""
    ana, ben = await two(books)
    debit, credit, of_transfer = WRONG[rule]
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
        async with writing(books, role) as conn:
            await write(
                conn,
                side(ana.main, 2, -60, 40) | debit,
                side(ben.main, 1, 60, 60) | credit,
                **of_transfer,
                together=together,
            )
    assert refused.value.constraint_name == rule
    assert await books.balance(ana.main) == 100


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("policy", "whose", "rule"),
    [
        ("frozen = true", "ana", "entry_account_not_frozen"),
        ("closed = true", "ben", "entry_account_not_closed"),
        ("ceiling_minor = 59", "ben", "entry_balance_not_above_ceiling"),
    ],
)
async def test_policies_hold_in_the_database(
    books: Books, role: str, policy: str, whose: str, rule: str
) -> None:
    """Frozen, closed and ceiling are refused without the service, too."""
    ana, ben = await two(books)
    account = ana.main if whose == "ana" else ben.main
    await books.rows(f"UPDATE account SET {policy} WHERE id = $1 RETURNING id", account)
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        async with writing(books, role) as conn:
            await write(conn, side(ana.main, 2, -60, 40), side(ben.main, 1, 60, 60))
    assert refused.value.constraint_name == rule


@pytest.mark.parametrize("role", ROLES)
async def test_entries_cannot_be_added_to_an_old_transfer(books: Books, role: str) -> None:
    """A transfer is whole at its commit, so that nothing can join it later."""
    ana, ben = await two(books)
    async with writing(books, role) as conn:
        old = await write(conn, side(ana.main, 2, -60, 40), side(ben.main, 1, 60, 60))
    for position in (2, 3):
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            async with writing(books, role) as conn:
                await conn.execute(
                    INSERT_ENTRIES,
                    [ben.main], [2], [old], [position], ["LXC"], [1], [61], [0], [None],
                    [LATER], [LATER],
                )  # fmt: skip
        assert refused.value.constraint_name in (
            "entry_transfer_position",
            "entry_position_of_transfer",
        )


@pytest.mark.parametrize("role", ROLES)
async def test_what_waits_for_the_commit_cannot_be_talked_out_of_it(
    books: Books, role: str
) -> None:
    """A transfer that is not whole is examined at commit, though its mark be deleted or not."""

    async def write_and_unmark() -> None:
        async with writing(books, role) as conn:
            await conn.execute(INSERT_TRANSFER, new_id(), 2, NOW, NOW, None)
            await conn.execute("DELETE FROM open_transfer")

    with pytest.raises(asyncpg.PostgresError) as refused:
        await write_and_unmark()
    wanted = {"ledger": "42501", "owner": "23514"}
    assert refused.value.sqlstate == wanted[role]


async def test_what_was_examined_leaves_no_mark(books: Books) -> None:
    """The list of open transfers is empty once they are committed."""
    ana, ben = await two(books)
    async with writing(books, "ledger") as conn:
        await write(conn, side(ana.main, 2, -60, 40), side(ben.main, 1, 60, 60))
    async with books.scratch.connect("admin") as conn:
        assert await conn.fetchval("SELECT count(*) FROM ledger.open_transfer") == 0


async def test_a_transfer_without_entries_is_refused_at_commit(books: Books) -> None:
    """The deferred check sees what is missing."""
    with pytest.raises(asyncpg.CheckViolationError, match="transfer_entries_whole"):
        async with writing(books, "ledger") as conn:
            await conn.execute(INSERT_TRANSFER, new_id(), 2, NOW, NOW, None)


@pytest.mark.parametrize("together", [True, False], ids=["together", "one by one"])
async def test_a_sum_over_two_assets_is_no_balance(books: Books, together: bool) -> None:
    """Sums are zero in each asset, not across them."""
    ana = await books.open_person(100)
    euro = new_id()
    await books.rows(
        "INSERT INTO account (id, owner_id, type, asset, community, created_at) "
        "VALUES ($1, $2, 'MAIN', 'EUR', 'riverside', $3) RETURNING id",
        euro, ana.id, NOW,
    )  # fmt: skip
    sides = side(ana.main, 2, -60, 40), side(euro, 1, 60, 60, asset="EUR")
    with pytest.raises(asyncpg.CheckViolationError, match="transfer_sums_to_zero"):
        async with writing(books, "ledger") as conn:
            await write(conn, *sides, together=together)


#: Table -> a change of it; accounts, escrows and reservations change by rules of their own.
KEPT = {
    "transfer": "UPDATE transfer SET kind = kind",
    "entry": "UPDATE entry SET asset = asset",
    "refused_attempt": "UPDATE refused_attempt SET detail = detail",
    "asset": "UPDATE asset SET code = code",
    "account": "DELETE FROM account",
    "escrow": "DELETE FROM escrow",
    "reservation": "DELETE FROM reservation",
    "reservation_move": "UPDATE reservation_move SET state = state",
}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", KEPT)
@pytest.mark.parametrize("change", ["UPDATE", "DELETE", "TRUNCATE"])
async def test_nothing_written_is_changed_or_deleted(
    books: Books, role: str, table: str, change: str
) -> None:
    """For the service's role there is no right to it; for the owner there is a trigger."""
    statement = {
        "UPDATE": KEPT[table],
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
    }[change]
    wanted = asyncpg.InsufficientPrivilegeError if role == "ledger" else asyncpg.CheckViolationError
    with pytest.raises(wanted):
        async with writing(books, role) as conn:
            await conn.execute(statement)


@pytest.mark.parametrize(
    "change",
    ["owner_id = gen_random_uuid()", "asset = 'EUR'", "type = 'GIFT'", "community = 'elsewhere'"],
)
@pytest.mark.parametrize("role", ROLES)
async def test_what_an_account_is_never_changes(books: Books, role: str, change: str) -> None:
    """Policies may change; identity may not, whoever tries."""
    ana = await books.open_person()
    wanted = asyncpg.InsufficientPrivilegeError if role == "ledger" else asyncpg.CheckViolationError
    with pytest.raises(wanted):
        async with writing(books, role) as conn:
            await conn.execute(f"UPDATE account SET {change} WHERE id = $1", ana.main)


async def test_an_account_with_money_cannot_be_closed(books: Books) -> None:
    """Closing would lose it from sight."""
    ana = await books.open_person(1)
    with pytest.raises(asyncpg.CheckViolationError, match="holds money"):
        await books.rows("UPDATE account SET closed = true WHERE id = $1 RETURNING id", ana.main)


async def test_a_person_has_one_account_of_a_type(books: Books) -> None:
    """Two processes that open at once open one."""
    ana = await books.open_person()
    with pytest.raises(asyncpg.UniqueViolationError):
        await books.rows(
            "INSERT INTO account (id, owner_id, type, asset, community, created_at) "
            "VALUES ($1, $2, 'MAIN', 'LXC', 'elsewhere', $3) RETURNING id",
            new_id(), ana.id, NOW,
        )  # fmt: skip


async def test_problems_name_constraints_that_exist(books: Books) -> None:
    """Every rule that a problem stands for is written somewhere in the schema."""
    text = await books.value(
        "SELECT string_agg(prosrc, ' ') || (SELECT string_agg(conname, ' ') FROM pg_constraint) "
        "FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace"
    )
    assert [name for name in CONSTRAINTS if name not in text] == []
