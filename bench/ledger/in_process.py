"""The journal called in process: the same load without HTTP."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

from bench.ledger.settings import pick
from chassis.clock import SystemClock
from chassis.database import Database
from chassis.idempotency import Answer, KeyedRequest
from chassis.ids import new_id
from ledger.journal.collect import Journal, open_journal
from ledger.journal.models import Movement, Transfer
from ledger.transfers.lifecycle import answer_to

_OPEN: Final = """
INSERT INTO account (id, owner_id, type, asset, community, floor_minor, created_at)
SELECT id, id, 'MAIN', 'LXC', 'bench', 0, $2 FROM unnest($1::uuid []) AS id
"""
_OPEN_OUTSIDE: Final = """
INSERT INTO account (id, type, asset, community, name, floor_minor, created_at)
VALUES ($1, 'TRANSIT', 'LXC', 'bench', ($1::uuid)::text, NULL, $2)
"""
_GIVEN_MINOR: Final = 10_000_000


async def post(journal: Journal, source: UUID, target: UUID, minor: int, kind: str) -> None:
    """One transfer, with a key of its own."""
    movements = (Movement(source, "LXC", -minor), Movement(target, "LXC", minor))
    wanted = Transfer(new_id(), kind, movements, initiated_by=source)
    content = {
        "from_account": str(source),
        "to_account": str(target),
        "amount": str(minor),
        "asset": "LXC",
    }
    request = KeyedRequest(str(source), uuid4().hex, "POST /v1/transfers", content)

    def render(posted: object) -> Answer:
        return answer_to(posted, source)  # type: ignore[arg-type]

    await journal.post(request, wanted, render)


async def fill(database: Database, count: int) -> list[UUID]:
    """Open accounts, each of somebody with the same id, and give each 100,000.00."""
    now = datetime.now(UTC)
    outside, accounts = new_id(), [new_id() for _ in range(count)]
    async with database.transaction() as conn:
        await conn.execute(_OPEN, accounts, now)
        await conn.execute(_OPEN_OUTSIDE, outside, now)
    async with open_journal(database, SystemClock()) as journal:
        giving = (post(journal, outside, one, _GIVEN_MINOR, "opening") for one in accounts)
        await asyncio.gather(*giving)
    return accounts


async def load_journal(
    database: Database, name: str, accounts: list[UUID], *, clients: int, seconds: float
) -> tuple[list[float], float]:
    """Load the journal for some seconds; how long each took, sorted, and all of it."""
    taken: list[float] = []
    started = time.perf_counter()
    end = started + seconds
    async with open_journal(database, SystemClock()) as journal:

        async def client() -> None:
            while (began := time.perf_counter()) < end:
                source, [target] = pick(name, accounts, 1)
                await post(journal, source, target, 1, "transfer")
                taken.append(time.perf_counter() - began)

        await asyncio.gather(*(client() for _ in range(clients)))
    return sorted(taken), time.perf_counter() - started
