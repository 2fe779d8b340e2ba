"""Transfers for later, as tests say them."""

from datetime import timedelta
from typing import Any

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.timers import TimerWorker
from ledger.scheduled_transfers.carry_out import CarryOut
from ledger.scheduled_transfers.schedule import DUE
from services.ledger.tests.books import NOW, Books, Person
from services.ledger.tests.conftest import Api

OPERATOR = new_id()
HOUR = timedelta(hours=1)


async def schedule(
    api: Api, source: Person, to: Person, amount: str, at: Any = NOW + HOUR, **other: Any
) -> Any:
    """Ask for a transfer at a time."""
    options = {name: other.pop(name) for name in ("key", "role") if name in other}
    path = other.pop("path", "/v1/transfers")
    body = {"from_account": str(source.main), "to_user": str(to.id), "amount": amount}
    body |= {"asset": "LXC", "effective_at": at if isinstance(at, str) else at.isoformat()}
    return await api.post(path, source.id, body | other, **options)


def worker(books: Books, clock: Clock | None = None) -> TimerWorker:
    """What fires the timers of transfers for later."""
    return TimerWorker(books.database, clock or books.clock, {DUE: CarryOut(100)})


async def states(books: Books, owner: Person) -> list[tuple[str, str | None]]:
    """State and problem of a person's, oldest first."""
    rows = await books.rows(
        "SELECT state, problem FROM scheduled_transfer WHERE owner_id = $1 ORDER BY id", owner.id
    )
    return [(row["state"], row["problem"]) for row in rows]


async def said(books: Books, scheduled_id: str) -> list[str]:
    """The events that tell of one, in order."""
    rows = await books.rows(
        "SELECT headers->>'ce_type' AS kind FROM outbox WHERE key = $1 ORDER BY id", scheduled_id
    )
    return [row["kind"].removeprefix("ledger.") for row in rows]
