"""Balances by effective and known time: equal to a full replay, and few pages to read."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis.database import Connection
from chassis.ids import new_id
from ledger.accounts.queries import SELECT_ENTRIES
from ledger.journal.models import Movement, Posted, Transfer
from services.ledger.tests.books import NOW, Books

HISTORIES = 40
STEPS = 5
#: What one history does at a step: (amount, hours late, which earlier one is reversed, if any).
STEP = st.tuples(st.integers(-3, 3), st.integers(0, 6), st.one_of(st.none(), st.integers(0, 3)))
WAITS = st.lists(st.integers(0, 2), min_size=STEPS, max_size=STEPS)
PLANS = st.lists(
    st.lists(STEP, min_size=STEPS, max_size=STEPS), min_size=HISTORIES, max_size=HISTORIES
)

OPEN = """
INSERT INTO account (id, type, asset, community, name, floor_minor, created_at)
SELECT id, 'TRANSIT', 'LXC', 'time', id::text, NULL, $2 FROM unnest($1::uuid []) AS id
"""
ASK = """
SELECT get_account_balance(account, e, k), get_account_held(account, e, k)
FROM unnest($1::uuid [], $2::timestamptz [], $3::timestamptz []) AS q (account, e, k)
"""


async def open_accounts(books: Books, count: int) -> list[UUID]:
    """Accounts without a floor."""
    ids = [new_id() for _ in range(count)]
    async with books.transaction() as conn:
        await conn.execute(OPEN, ids, NOW)
    return ids


def wish(
    plan: tuple[int, int, int | None], pair: tuple[UUID, UUID], before: list[Transfer], at: datetime
) -> Transfer | None:
    """What a step wants: money to or fro, some of it late, some of it to reverse an earlier one."""
    amount, late, reverses = plan
    effective = at - timedelta(hours=late)
    if reverses is not None and before:
        original = before[reverses % len(before)]
        if original.reverses or any(one.reverses == original.id for one in before):
            return None
        back = tuple(
            Movement(m.account_id, m.asset, -(m.amount_minor // abs(m.amount_minor)))
            for m in original.movements
        )
        effective = max(effective, original.effective_at or effective)
        return Transfer(new_id(), "reversal", back, effective_at=effective, reverses=original.id)
    if not amount:
        return None
    moves = (Movement(pair[0], "LXC", -amount), Movement(pair[1], "LXC", amount))
    return Transfer(new_id(), "probe", moves, effective_at=effective)


async def live(books: Books, plans: Any, waits: list[int]) -> dict[UUID, list[Posted]]:
    """Let all histories happen side by side, step by step; what each account saw."""
    accounts = await open_accounts(books, 2 * len(plans))
    pairs = list(zip(accounts[::2], accounts[1::2], strict=True))
    done: list[list[Transfer]] = [[] for _ in plans]
    seen: dict[UUID, list[Posted]] = {account: [] for account in accounts}
    for step, wait in enumerate(waits):
        books.clock.move(timedelta(hours=wait))
        wanted = []
        for history, plan in enumerate(plans):
            one = wish(plan[step], pairs[history], done[history], books.clock.now())
            if one:
                done[history].append(one)
                wanted.append(one)
        for verdict in await books.post(*wanted):
            assert isinstance(verdict, Posted), verdict
            for entry in verdict.entries:
                seen[entry.account_id].append(verdict)
    return seen


def replay(seen: list[Posted], account: UUID, effective: datetime, known: datetime) -> int:
    """The balance by adding up everything that counts."""
    return sum(
        entry.amount_minor
        for posted in seen
        if posted.effective_at <= effective and posted.posted_at <= known
        for entry in posted.entries
        if entry.account_id == account
    )


def questions(now: datetime, waits: list[int]) -> Iterator[tuple[datetime, datetime]]:
    """Every effective hour with some known hours, before the first and after the last too."""
    hours = range(-1, sum(waits) + 9)
    for effective in hours:
        for known in range(-1, sum(waits) + 2):
            yield now - timedelta(hours=effective), now - timedelta(hours=known)


@settings(
    max_examples=50,
    deadline=None,
    # A failure names one account with its few transfers: no need to make the batch smaller.
    phases=[Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(plans=PLANS, waits=WAITS)
async def test_a_balance_at_any_time_is_what_a_replay_makes(
    books: Books, plans: list[list[tuple[int, int, int | None]]], waits: list[int]
) -> None:
    """Two thousand histories with late entries and reversals, asked all over their times."""
    seen = await live(books, plans, waits)
    grid = list(questions(books.clock.now(), waits))
    asked = [
        (account, *grid[(number * 7 + turn * 11) % len(grid)])
        for number, account in enumerate(seen)
        for turn in range(12)
    ]
    rows = await books.rows(ASK, *map(list, zip(*asked, strict=True)))
    for (account, effective, known), row in zip(asked, rows, strict=True):
        wanted = replay(seen[account], account, effective, known)
        assert (row[0], row[1]) == (wanted, 0), (account, effective, known, seen[account])


FILL = """
WITH t AS MATERIALIZED (
    SELECT uuidv7() AS id, n, $3::timestamptz + n * interval '1 second' AS posted_at,
        CASE WHEN n % 2 = 0 THEN interval '1 second' * (n * 37 % 100) ELSE interval '0' END AS late
    FROM generate_series(1, $4) AS n
), transfers AS (
    INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at)
    SELECT id, 'probe', 2, posted_at - late, posted_at FROM t
)
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, effective_at, posted_at
)
SELECT side.account, n, id, side.position, 'LXC', side.amount, n * side.amount, 0,
    posted_at - late, posted_at
FROM t CROSS JOIN (VALUES ($1::uuid, 1, -1), ($2::uuid, 2, 1)) AS side (account, position, amount)
"""


CROSSING = """
SELECT count(*) FROM entry WHERE account_id = $1 AND effective_at <= $2 AND posted_at > $2
"""


async def test_a_balance_at_a_time_is_a_few_index_descents(own_books: Books) -> None:
    """A hundred thousand entries, half of them late: only those across the time cost."""
    count = 100_000
    source, hot = await open_accounts(own_books, 2)
    async with own_books.scratch.connect("admin") as conn, conn.transaction():
        await conn.execute(
            "SET LOCAL session_replication_role = replica; SET LOCAL search_path = ledger"
        )
        await conn.execute(FILL, source, hot, NOW, count)
    async with own_books.scratch.connect("admin") as conn:
        await conn.execute("VACUUM ANALYZE ledger.entry")
    async with own_books.transaction() as conn:
        await explain(conn, hot, NOW, NOW)
        for part in (0.001, 0.5, 0.9, 1.1):
            effective = NOW + timedelta(seconds=count * part)
            crossing = await conn.fetchval(CROSSING, hot, effective)
            assert crossing == (0 if part > 1 else pytest.approx(25, abs=5))
            for known in (effective + timedelta(seconds=50), NOW + timedelta(days=9)):
                assert await explain(conn, hot, effective, known) <= 20 + 8 * crossing
                page = (hot, 2**63 - 1, 51, effective, known)
                assert await pages(conn, SELECT_ENTRIES, *page) <= 40 + 8 * (51 + crossing)


async def explain(conn: Connection, account: UUID, effective: datetime, known: datetime) -> int:
    """Pages that the balance and what is held at a time touch."""
    asked = "SELECT get_account_balance($1, $2, $3), get_account_held($1, $2, $3)"
    return await pages(conn, asked, account, effective, known)


async def pages(conn: Connection, asked: str, *arguments: object) -> int:
    """Pages that a statement touches, found in memory or not."""
    plan = await conn.fetchval(
        f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {asked}", *arguments
    )
    top = json.loads(plan)[0]["Plan"]
    return int(top["Shared Hit Blocks"]) + int(top["Shared Read Blocks"])
