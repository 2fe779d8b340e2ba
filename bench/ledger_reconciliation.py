r"""How long 100,000 lines of a statement take: to import, to match, to sum up.

    LEDGER_DATABASE_URL=postgresql://ledger:pw@host:port/localex_db \
        .venv/bin/python bench/ledger_reconciliation.py [--lines 100000]

Fills one account set-wise, through all triggers. Of a hundred entries 90 have their line on the
same day, 5 a day late (a rule finds them), 3 none, and 2 share one line (a batch). Runs the verbs
that the service runs, in process. Checks that everything ties out. Prints one JSON object. Give it
a database of its own.
"""

import argparse
import json
import os
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import uvloop

from chassis.database import Database, prepare_connection
from chassis.ids import new_id
from ledger.reconciliation.files.csv_file import Declared
from ledger.reconciliation.find_setup import find_setup
from ledger.reconciliation.import_file import Upload, import_file
from ledger.reconciliation.matching.advance import advance_run
from ledger.reconciliation.matching.start import start_run
from ledger.reconciliation.set_up import set_up_account
from ledger.reconciliation.summing.sum_up import sum_up
from ledger.reconciliation.wishes import SetupWish

CHUNK = 20_000
NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 11, 10), date(2026, 11, 11)
OPERATOR = UUID(int=1)
OPEN = """
INSERT INTO account (id, type, asset, community, name, floor_minor, created_at)
SELECT id, 'TRANSIT', 'LXC', 'bench', id::text, NULL, $2 FROM unnest($1::uuid []) AS id
"""
FILL = """
WITH t AS MATERIALIZED (
    SELECT uuidv7() AS id, n, $3::timestamptz + n * interval '100 microseconds' AS posted_at,
        CASE WHEN n % 100 >= 98 THEN 'B' || n / 100 ELSE 'R' || n END AS reference
    FROM generate_series($4::bigint, $5::bigint) AS n
), transfers AS (
    INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at, metadata)
    SELECT id, 'bench', 2, posted_at, posted_at, jsonb_build_object('reference', reference) FROM t
)
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, effective_at, posted_at
)
SELECT side.account, n, id, side.position, 'LXC', side.amount, n * side.amount, 0, posted_at,
    posted_at
FROM t CROSS JOIN (VALUES ($1::uuid, 1, -100), ($2::uuid, 2, 100)) AS side (
    account, position, amount
)
ORDER BY side.account, n
"""


def statement(entries: int) -> tuple[bytes, int, int]:
    """The file, how many lines it has, and its closing balance."""
    rows, total = ["Date,Amount,Reference,Text"], 0
    for n in range(1, entries + 1):
        part = n % 100
        if part == 99:
            rows.append(f"{LAST},2.00,B{n // 100},a batch of two")
            total += 200
        elif part != 98:
            day = LAST if 90 <= part < 95 else FIRST
            reference = f"lost {n}" if 95 <= part < 98 else f"r{n}"
            rows.append(f"{day},1.00,{reference},payment number {n} of somebody for something")
            total += 100
    return "\n".join(rows).encode(), len(rows) - 1, total


@asynccontextmanager
async def timed(figures: dict[str, Any], name: str) -> AsyncIterator[None]:
    """Write how long it took, and the most memory so far."""
    started = time.perf_counter()
    yield
    figures[f"{name}_seconds"] = round(time.perf_counter() - started, 2)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    figures[f"{name}_peak_mb"] = peak


async def fill(database: Database, entries: int) -> UUID:
    """An account with so many entries."""
    ours, other = new_id(), new_id()
    async with database.connection() as conn:
        await conn.execute("SET statement_timeout = '10min'")
        await conn.execute(OPEN, [ours, other], NOON)
        for first in range(1, entries + 1, CHUNK):
            last = min(first + CHUNK - 1, entries)
            await conn.execute(FILL, other, ours, NOON, first, last, timeout=600)
    wish = SetupWish.model_validate(
        {
            "csv_mapping": {
                "booked_on": "Date",
                "amount": "Amount",
                "reference": "Reference",
                "details": ["Text"],
            },
            "rules": [{"name": "late", "days": 2}],
            "reason": "a benchmark",
        }
    )
    async with database.transaction() as conn:
        await set_up_account(conn, ours, wish, operator=OPERATOR, now=NOON)
    return ours


async def measure(url: str, entries: int) -> dict[str, Any]:
    """Import, match and sum up; each figure by itself."""
    figures: dict[str, Any] = {"entries": entries}
    async with asyncpg.create_pool(
        url, min_size=1, max_size=4, init=prepare_connection, command_timeout=60
    ) as pool:
        database = Database(pool)
        account = await fill(database, entries)
        content, lines, total = statement(entries)
        figures |= {"lines": lines, "file_bytes": len(content)}
        now = NOON + timedelta(days=3)
        async with timed(figures, "import"):
            upload = Upload(content, "bench.csv", "csv", Declared(0, total, LAST))
            await import_file(database, account, upload, operator=OPERATOR, now=now)
        async with timed(figures, "run"):
            await match(database, account, figures, now)
        async with timed(figures, "summary"), database.transaction() as conn:
            summary = await sum_up(conn, await find_setup(conn, account))
        sums = summary.sums
        assert sums.unexplained_minor == 0, sums
        assert sums.balance_minor == entries * 100
        figures["unmatched_lines"] = sums.unmatched_lines[0]
        figures["unmatched_entries"] = sums.unmatched_entries[0]
        figures["lines_a_second"] = round(lines / figures["run_seconds"])
    return figures


async def match(database: Database, account: UUID, figures: dict[str, Any], now: datetime) -> None:
    """One run, page by page, as the work role does it."""
    async with database.transaction() as conn:
        setup = await find_setup(conn, account)
        run = await start_run(conn, setup, run_id=new_id(), operator=OPERATOR, now=now)
    pages, longest = 0, 0.0
    phases: dict[int, float] = {}
    state = "ACTIVE"
    while state == "ACTIVE":
        started = time.perf_counter()
        async with database.transaction() as conn:
            after = await advance_run(conn, run.id, new_id=new_id, now=now)
        assert after is not None
        took = time.perf_counter() - started
        pages, longest, state = pages + 1, max(longest, took), after.state
        phases[after.phase] = round(phases.get(after.phase, 0) + took, 2)
        figures["matched"] = dict(after.matched)
    figures |= {"pages": pages, "longest_page_seconds": round(longest, 3), "phases": phases}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=101_000)
    chosen = parser.parse_args()
    figures = uvloop.run(measure(os.environ["LEDGER_DATABASE_URL"], chosen.lines))
    print(json.dumps(figures, indent=1))
