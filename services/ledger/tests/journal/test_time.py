"""Balances by effective and known time: equal to a full replay, and few pages to read."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from chassis.database import Connection
from ledger.accounts.queries import SELECT_ENTRIES
from services.ledger.tests.books import NOW, Books
from services.ledger.tests.journal.histories import live, open_accounts, over_histories, replay

ASK = """
SELECT get_account_balance(account, e, k), get_account_held(account, e, k)
FROM unnest($1::uuid [], $2::timestamptz [], $3::timestamptz []) AS q (account, e, k)
"""


def questions(now: datetime, waits: list[int]) -> Iterator[tuple[datetime, datetime]]:
    """Every effective hour with some known hours, before the first and after the last too."""
    hours = range(-1, sum(waits) + 9)
    for effective in hours:
        for known in range(-1, sum(waits) + 2):
            yield now - timedelta(hours=effective), now - timedelta(hours=known)


@over_histories(examples=50)
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
