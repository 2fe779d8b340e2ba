r"""How many entries a second `localex ledger verify` examines.

    LEDGER_DATABASE_URL=postgresql://ledger:pw@host:port/localex_db \
        .venv/bin/python bench/ledger_verify.py [--transfers 200000] [--workers 1 2]

Fills 1,000 accounts through all triggers, gives every transfer its place in the log, and examines
all of it, as an operator would. Prints and keeps one JSON object. Processor time of this process,
its workers and the database's backends is measured beside the clock: on a machine with other work
it tells what two cores of one's own would do. Give it a database of its own on this machine.
"""

import argparse
import asyncio
import contextlib
import json
import os
import resource
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path

import psutil

from chassis.database import Connection, open_connection
from chassis.ids import new_id
from ledger.audit.verify import verify_books
from ledger.findings import Step
from ledger.transparency.sequence import sequence_transfers

RESULTS = Path(__file__).parent / "results"
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ACCOUNTS = 1_000
CHUNK = 20_000
OPEN = """
INSERT INTO account (id, type, asset, community, name, floor_minor, created_at)
SELECT id, 'TRANSIT', 'LXC', 'bench', id::text, NULL, $2 FROM unnest($1::uuid []) AS id
"""
#: Every transfer between two accounts of a pair, so that each chain follows from the number.
FILL = """
WITH t AS MATERIALIZED (
    SELECT uuidv7() AS id, n, n % $4 AS pair, n / $4 + 1 AS seq,
        $3::timestamptz + n * interval '1 ms' AS posted_at
    FROM generate_series($5::bigint, $6::bigint) AS n
), transfers AS (
    INSERT INTO transfer (
        id, kind, entry_count, effective_at, posted_at, initiated_by, correlation_id, metadata
    )
    SELECT id, 'transfer', 2, posted_at, posted_at, uuidv7(), uuidv7()::text,
        '{"memo": "lunch on Friday"}' FROM t
)
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, effective_at, posted_at
)
SELECT CASE side.position WHEN 1 THEN ($1::uuid [])[pair + 1] ELSE ($2::uuid [])[pair + 1] END,
    seq, id, side.position, 'LXC', side.sign * 125, side.sign * 125 * seq, 0, posted_at, posted_at
FROM t CROSS JOIN (VALUES (1, -1), (2, 1)) AS side (position, sign)
ORDER BY 1, 2
"""


async def fill(conn: Connection, transfers: int) -> None:
    """Post, and give everything its place in the log."""
    await conn.execute("SET statement_timeout = 0")
    ids = sorted(new_id() for _ in range(ACCOUNTS))
    await conn.execute(OPEN, ids, BEGIN)
    half = ACCOUNTS // 2
    for first in range(0, transfers, CHUNK):
        last = min(first + CHUNK, transfers) - 1
        await conn.execute(FILL, ids[:half], ids[half:], BEGIN, half, first, last)
    done = 1
    while done:
        async with conn.transaction():
            done = await sequence_transfers(conn, batch_max=2000, random_bytes=secrets.token_bytes)
    for table in ("transfer", "entry", "transparency_leaf", "account"):
        await conn.execute(f"ANALYZE {table}")


def cpu_seconds(server: psutil.Process, known: dict[int, float]) -> float:
    """Processor time so far of backends (remembered when they are gone), this process and its."""
    for process in server.children():
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            known[process.pid] = times.user + times.system
    own = sum(
        usage.ru_utime + usage.ru_stime
        for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )
    return own + sum(known.values())


async def run(url: str, workers: int) -> dict[str, object]:
    """Examine everything once."""
    known: dict[int, float] = {}
    async with open_connection(url, "bench") as conn:
        server = psutil.Process(await conn.fetchval("SELECT pg_backend_pid()")).parent()
    assert server

    def on_step(_step: Step) -> None:
        cpu_seconds(server, known)

    started, before = time.perf_counter(), cpu_seconds(server, known)
    report = await verify_books(url, workers=workers, on_step=on_step)
    seconds, cpu = time.perf_counter() - started, cpu_seconds(server, known) - before
    assert report.clean, report.findings[:3]
    entries = report.examined["entries"]
    return {
        "workers": workers,
        "examined": report.examined,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "entries_per_second": round(entries / seconds),
        "entries_per_two_cores": round(2 * entries / cpu),
        "load_average": os.getloadavg()[0],
    }


async def main() -> None:
    """Fill and run the settings asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--transfers", type=int, default=200_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    chosen = parser.parse_args()
    url = os.environ["LEDGER_DATABASE_URL"]
    async with open_connection(url, "bench") as conn:
        await fill(conn, chosen.transfers)
    rows = [await run(url, workers) for workers in chosen.workers]
    document = json.dumps({"bench": "ledger_verify", "rows": rows}, indent=2)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "ledger_verify.json").write_text(document + "\n")
    print(document)


if __name__ == "__main__":
    asyncio.run(main())
