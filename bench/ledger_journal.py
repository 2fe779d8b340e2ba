r"""How many transfers a second the journal posts, called in process, all guarantees on.

    LEDGER_DATABASE_URL=postgresql://ledger:pw@host:port/localex_db \
        .venv/bin/python bench/ledger_journal.py [--seconds 5] [--clients 256] [--uniform 10000]

Each client posts one transfer after another, each with an idempotency key of its own. The books
are checked after each run. Prints one JSON object. Give it a database of its own: it opens
accounts and leaves its transfers there.
"""

import argparse
import asyncio
import json
import os
import random
import time
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import uvloop

from chassis.clock import SystemClock
from chassis.database import Database, prepare_connection
from chassis.idempotency import Answer, KeyedRequest
from chassis.ids import new_id
from ledger.journal.collect import Journal, open_journal
from ledger.journal.models import Movement, Posted, Transfer

OPEN = """
INSERT INTO account (id, owner_id, type, asset, community, floor_minor, created_at)
SELECT id, id, 'MAIN', 'LXC', 'bench', 0, $2 FROM unnest($1::uuid []) AS id
"""
OPEN_ISSUANCE = """
INSERT INTO account (id, type, asset, community, name, floor_minor, created_at)
VALUES ($1, 'ISSUANCE', 'LXC', 'bench', ($1::uuid)::text, NULL, $2)
"""
CHECK = """
SELECT
    (SELECT count(*) FROM transfer) AS transfers,
    (SELECT count(*) FROM outbox WHERE topic = 'ledger.transfers.v1') AS events,
    (SELECT coalesce(sum(amount_minor), 0) FROM entry) AS total,
    (SELECT count(*) FROM account_balances AS b WHERE b.balance_minor <> (
        SELECT coalesce(sum(e.amount_minor), 0) FROM entry AS e WHERE e.account_id = b.id
    )) AS wrong_balances,
    (SELECT count(*) FROM account_balances WHERE available_minor < floor_minor) AS below_floor
"""


def render(posted: Posted) -> Answer:
    """A short answer, as a route would make it."""
    return Answer.of(201, {"id": str(posted.transfer.id), "posted_at": str(posted.posted_at)})


async def post_one(journal: Journal, source: UUID, destination: UUID) -> None:
    """One transfer of 0.01."""
    wanted = Transfer(
        new_id(), "transfer", (Movement(source, "LXC", -1), Movement(destination, "LXC", 1))
    )
    content = {"from": str(source), "to": str(destination), "amount": "0.01", "asset": "LXC"}
    await journal.post(KeyedRequest("bench", uuid4().hex, "/v1/transfers", content), wanted, render)


async def run_setting(
    database: Database, name: str, accounts: list[UUID], clients: int, seconds: float
) -> dict[str, object]:
    """Load the journal for some seconds, then check the books."""
    hot = accounts[0]
    latencies: list[float] = []
    async with open_journal(database, SystemClock()) as journal:
        end = time.perf_counter() + seconds

        async def client() -> None:
            while (started := time.perf_counter()) < end:
                source, destination = random.sample(accounts, 2)
                if name == "hot_source":
                    source, destination = hot, random.choice(accounts[1:])
                elif name == "hot_destination":
                    source, destination = random.choice(accounts[1:]), hot
                await post_one(journal, source, destination)
                latencies.append(time.perf_counter() - started)

        started = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(clients)))
        elapsed = time.perf_counter() - started
    latencies.sort()
    async with database.connection() as conn:
        found = dict(await conn.fetchrow(CHECK, timeout=120))
    assert found["transfers"] == found["events"], found
    assert found["total"] == found["wrong_balances"] == found["below_floor"] == 0, found
    return {
        "setting": name,
        "clients": clients,
        "tps": round(len(latencies) / elapsed),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[len(latencies) * 99 // 100] * 1000, 2),
    }


async def fill(database: Database, count: int) -> list[UUID]:
    """Open accounts and give each 10,000.00."""
    now = datetime.now(UTC)
    issuance = new_id()
    accounts = [new_id() for _ in range(count)]
    async with database.transaction() as conn:
        await conn.execute(OPEN, accounts, now)
        await conn.execute(OPEN_ISSUANCE, issuance, now)
    async with open_journal(database, SystemClock()) as journal:
        await asyncio.gather(
            *(
                journal.post(
                    KeyedRequest("bench", uuid4().hex, "/v1/issuances", {}),
                    Transfer(
                        new_id(),
                        "issuance",
                        (Movement(issuance, "LXC", -1_000_000), Movement(one, "LXC", 1_000_000)),
                    ),
                    render,
                )
                for one in accounts
            )
        )
    return accounts


async def main() -> None:
    """Run the settings asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 64, 256])
    parser.add_argument("--uniform", type=int, default=10_000)
    parser.add_argument(
        "--settings", nargs="+", default=["uniform", "hot_source", "hot_destination"]
    )
    chosen = parser.parse_args()
    pool = await asyncpg.create_pool(
        os.environ["LEDGER_DATABASE_URL"], min_size=2, max_size=8, init=prepare_connection
    )
    database = Database(pool)
    accounts = await fill(database, chosen.uniform)
    rows = [
        await run_setting(database, name, accounts, clients, chosen.seconds)
        for name in chosen.settings
        for clients in chosen.clients
    ]
    await pool.close()
    print(json.dumps({"bench": "ledger_journal", "rows": rows}, indent=2))


if __name__ == "__main__":
    uvloop.run(main())
