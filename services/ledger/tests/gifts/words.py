"""Gifts over HTTP, as tests say them."""

from typing import Any
from uuid import UUID

from chassis.clock import Clock
from chassis.ids import new_id
from chassis.timers import TimerWorker
from ledger.gifts.expire import expire_gifts
from ledger.gifts.give import EXPIRY
from services.ledger.tests.books import Books, Person
from services.ledger.tests.conftest import Api

OPERATOR = new_id()


async def accept(api: Api, account: UUID) -> None:
    """Let an account accept gift credits."""
    body = {"accepts_gifts": True, "reason": "the baker takes part"}
    path = f"/v1/accounts/{account}/policy"
    assert (await api.patch(path, OPERATOR, body, role="OPERATOR")).status_code == 200


async def give(api: Api, giver: Person, to: Person, amount: str, **other: Any) -> Any:
    """Give credits."""
    key = other.pop("key", None)
    body = {"from_account": str(giver.main), "to_user": str(to.id), "amount": amount}
    return await api.post("/v1/gifts", giver.id, body | {"asset": "LXC"} | other, key=key)


async def spend(api: Api, who: Person, payee: Person, amount: str, **other: Any) -> Any:
    """Spend gift credits."""
    key = other.pop("key", None)
    body = {"from_account": str(who.gift), "to_account": str(payee.main), "amount": amount}
    return await api.post("/v1/gifts/spend", who.id, body | {"asset": "LXC"} | other, key=key)


async def left(api: Api, who: Person) -> list[tuple[str, str]]:
    """What is left of each gift that somebody received, newest first."""
    found = (await api.get("/v1/gifts?limit=200", who.id)).json()["gifts"]
    return [(one["remaining"], one["state"]) for one in found]


def worker(books: Books, clock: Clock | None = None) -> TimerWorker:
    """What fires the timers of gifts."""
    return TimerWorker(books.database, clock or books.clock, {EXPIRY: expire_gifts})
