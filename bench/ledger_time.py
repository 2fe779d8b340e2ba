r"""How long reads of an account take, now and at any time, by the number of entries there are.

    LEDGER_DATABASE_URL=postgresql://ledger:pw@host:port/localex_db \
        .venv/bin/python bench/ledger_time.py [--entries 10000 1000000] [--reads 2000]

Fills set-wise, through all triggers, with one entry in a hundred entered up to a day late: one
account has half of the entries. Then reads it in process by the service's own verbs, one read after
another. What was read is checked against a sum over all entries. Prints one JSON object and puts
its rows, by size, into bench/results/ledger_time.json. Give it a database of its own.
"""

import argparse
import json
import os
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import uvloop

from chassis.database import Connection, prepare_connection
from chassis.ids import new_id
from ledger.accounts.models import Times
from ledger.accounts.read_balance_at import read_balance_at
from ledger.accounts.read_entries import read_entries
from ledger.explanations.explain import explain_account
from ledger.reach import EVERYTHING
from ledger.statements.models import Period
from ledger.statements.read import read_statement

CHUNK = 20_000
RESULTS = Path(__file__).parent / "results" / "ledger_time.json"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = """
INSERT INTO account (id, type, asset, community, name, floor_minor, created_at)
SELECT id, 'TRANSIT', 'LXC', 'bench', id::text, NULL, $2 FROM unnest($1::uuid []) AS id
"""
FILL = """
WITH t AS MATERIALIZED (
    SELECT uuidv7() AS id, n, $3::timestamptz + n * $6::interval AS posted_at,
        CASE WHEN n % 100 = 0 THEN interval '1 second' * (n * 37 % 86400)
            ELSE interval '0' END AS late
    FROM generate_series($4::bigint, $5::bigint) AS n
), transfers AS (
    INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at)
    SELECT id, 'bench', 2, posted_at - late, posted_at FROM t
)
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, effective_at, posted_at
)
SELECT side.account, n, id, side.position, 'LXC', side.amount, n * side.amount, 0,
    posted_at - late, posted_at
FROM t CROSS JOIN (VALUES ($1::uuid, 1, -1), ($2::uuid, 2, 1)) AS side (account, position, amount)
ORDER BY side.account, n
"""
REPLAY = """
SELECT coalesce(sum(amount_minor), 0) FROM entry
WHERE account_id = $1 AND effective_at <= $2 AND posted_at <= $3
"""
type Read = Callable[[], Awaitable[object]]


async def fill(conn: Connection, entries: int, step: timedelta) -> UUID:
    """So many entries, half of them of one account, one each `step`."""
    source, account = sorted((new_id(), new_id()))
    await conn.execute(OPEN, [source, account], BEGIN)
    transfers = entries // 2
    for first in range(1, transfers + 1, CHUNK):
        last = min(first + CHUNK - 1, transfers)
        await conn.execute(FILL, source, account, BEGIN, first, last, step, timeout=600)
    await conn.execute("ANALYZE entry", timeout=600)
    return account


async def measure(name: str, entries: int, reads: int, read: Read) -> dict[str, object]:
    """Time one kind of read, one after another, warm."""
    for _ in range(20):
        await read()
    found = []
    for _ in range(reads):
        started = time.perf_counter()
        await read()
        found.append(time.perf_counter() - started)
    found.sort()
    return {
        "read": name,
        "entries": entries,
        "p50_ms": round(found[reads // 2] * 1000, 3),
        "p99_ms": round(found[reads * 99 // 100] * 1000, 3),
    }


async def run_size(conn: Connection, entries: int, reads: int) -> list[dict[str, object]]:
    """Fill an account and read it in every way."""
    step = timedelta(days=300) / (entries // 2)
    started = time.perf_counter()
    account = await fill(conn, entries, step)
    filled = round(time.perf_counter() - started, 1)
    rng = random.Random(entries)

    def times() -> Times:
        effective = BEGIN + rng.random() * timedelta(days=300)
        return Times(effective, effective + rng.random() * timedelta(days=10))

    for _ in range(3):
        at = times()
        balance = await read_balance_at(conn, account, at, reach=EVERYTHING)
        replayed = await conn.fetchval(REPLAY, account, at.effective_at, at.known_at, timeout=120)
        assert balance.balance_minor == replayed, (at, balance, replayed)

    def month() -> Period:
        begins = BEGIN + rng.random() * timedelta(days=270)
        return Period(begins, begins + timedelta(days=30), None)

    kinds: dict[str, Read] = {
        "balance now": lambda: read_balance_at(conn, account, Times(), reach=EVERYTHING),
        "balance(effective, known)": lambda: read_balance_at(
            conn, account, times(), reach=EVERYTHING
        ),
        "50 entries at a time": lambda: read_entries(
            conn, account, reach=EVERYTHING, limit=50, at=times()
        ),
        "statement of a month, 200 lines": lambda: read_statement(
            conn, account, month(), reach=EVERYTHING, limit=200
        ),
        "explain": lambda: explain_account(conn, account, reach=EVERYTHING, now=datetime.now(UTC)),
    }
    rows = [await measure(name, entries, reads, read) for name, read in kinds.items()]
    load = round(os.getloadavg()[0], 1)
    return [row | {"filled_in_s": filled, "load_average": load} for row in rows]


async def main() -> None:
    """Run the sizes asked for, smallest first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--reads", type=int, default=2000)
    chosen = parser.parse_args()
    conn = await asyncpg.connect(os.environ["LEDGER_DATABASE_URL"], server_settings={"jit": "off"})
    await prepare_connection(conn)
    await conn.execute("SET statement_timeout = 0")
    rows = [
        row
        for entries in sorted(chosen.entries)
        for row in await run_size(conn, entries, chosen.reads)
    ]
    await conn.close()
    keep(rows)
    print(json.dumps({"bench": "ledger_time", "rows": rows}, indent=2))


def keep(rows: list[dict[str, object]]) -> None:
    """Put rows beside those of other sizes that were measured before."""
    sizes = {row["entries"] for row in rows}
    older = json.loads(RESULTS.read_text())["rows"] if RESULTS.is_file() else []
    kept = [row for row in older if row["entries"] not in sizes] + rows
    kept.sort(key=lambda row: int(row["entries"]))
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"bench": "ledger_time", "rows": kept}, indent=2) + "\n")


if __name__ == "__main__":
    uvloop.run(main())
