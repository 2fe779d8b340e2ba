"""A small community: people with money and things, and the processes that serve them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from chassis.tokens import Caller
from contracts.ledger import AccountType
from embedded.simulation import statements
from embedded.simulation.broker import Broker
from embedded.simulation.plan import SERVICES, Plan
from embedded.simulation.process import ServiceProcess, SimulatedClock, Surroundings
from embedded.simulation.statements import delivery, money, trades, turns
from embedded.simulation.store import Store
from marketplace.trades.models import Patience

NOON: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
COMMUNITY: Final = "riverside"
ASSET: Final = "LXC"
#: How many people have a soft floor, and how many a velocity.
LIMITED: Final = 0.2
#: What is set up before anything happens has been posted by one transfer.
OPENING: Final = "opening"
#: Importing them is what teaches the stores their statements.
TAUGHT: Final = (statements, delivery, money, trades, turns)


def id_source(seed: int) -> Callable[[], int]:
    """UUIDv7 as integers, each later than the one before, from a seed."""
    chance = Random(seed ^ 0x1D5)
    made = 0

    def make() -> int:
        nonlocal made
        made += 1
        at = int(NOON.timestamp() * 1000) + made
        return (
            (at << 80)
            | (0x7 << 76)
            | (chance.getrandbits(12) << 64)
            | (0x2 << 62)
            | (chance.getrandbits(62))
        )

    return make


@dataclass
class World:
    """Everything of a run."""

    plan: Plan
    around: Surroundings
    make_id: Callable[[], int]
    processes: dict[str, list[ServiceProcess]] = field(default_factory=dict)
    people: list[Caller] = field(default_factory=list)
    accounts: dict[tuple[int, AccountType], UUID] = field(default_factory=dict)
    items: list[UUID] = field(default_factory=list)
    poisoned: list[tuple[str, bytes]] = field(default_factory=list)

    def store(self, service: str) -> Store:
        """A service's database."""
        return self.around.stores[service]

    def every_process(self) -> list[ServiceProcess]:
        """All processes of all services."""
        return [one for several in self.processes.values() for one in several]


def open_world(plan: Plan, make_id: Callable[[], int]) -> World:
    """People, accounts with money, items, and processes that are not started yet."""
    stores = {name: Store(name) for name in SERVICES}
    chance = Random(plan.seed ^ 0x5EED)
    patience = timedelta(seconds=plan.patience_seconds)
    waits = Patience(patience, patience * 2, patience * 2)
    around = Surroundings(
        stores,
        Broker(chance),
        chance,
        SimulatedClock(NOON),
        waits,
    )
    world = World(plan, around, make_id)
    for service, count in zip(SERVICES, plan.processes, strict=True):
        world.processes[service] = [ServiceProcess(service, around) for _ in range(count)]
    for number in range(plan.people):
        person = UUID(int=make_id())
        roles = frozenset({"MEMBER", "OPERATOR"})
        world.people.append(Caller(person, roles, COMMUNITY))
        for kind in ("MAIN", "ESCROW"):
            world.accounts[number, kind] = _open_account(world, kind, person)
        world.items.append(_list_item(world, person))
    _limit(world)
    _open_account(world, "FEES", None)
    _give_money(world, _open_account(world, "TRANSIT", None))
    return world


def _open_account(world: World, kind: AccountType, owner: UUID | None) -> UUID:
    account_id = UUID(int=world.make_id())
    world.store("ledger").table("account")[account_id] = {
        "id": account_id,
        "owner_id": owner,
        "type": kind,
        "asset": ASSET,
        "community": COMMUNITY,
        "floor_minor": 0 if owner else None,
        "soft_floor_minor": None,
        "velocity": None,
    }
    return account_id


def _limit(world: World) -> None:
    """Limits that few accounts have: a soft floor, and the most that may go out in a time."""
    plan = world.plan
    chance = Random(plan.seed ^ 0x11F7)
    for number in range(plan.people):
        account = world.store("ledger").table("account")[world.accounts[number, "MAIN"]]
        if chance.random() < LIMITED:
            account["soft_floor_minor"] = chance.randint(0, plan.wealth_minor)
        if chance.random() < LIMITED:
            # Each of their wishes is within it, but not all of them together.
            own = [step.facts for step in plan.steps if step.facts.get("who") == number]
            limit = str(max((facts.get("amount", 0) for facts in own), default=0))
            account["velocity"] = ([60, 86_400], [limit, limit])


def _give_money(world: World, outside: UUID) -> None:
    wealth = world.plan.wealth_minor
    mains = [world.accounts[number, "MAIN"] for number in range(world.plan.people)]
    amounts = {outside: -wealth * len(mains), **dict.fromkeys(mains, wealth)}
    ledger = world.store("ledger")
    for account_id, amount in amounts.items():
        ledger.table("entry")[account_id, 1] = {
            "place": (account_id, 1),
            "transfer": OPENING,
            "asset": ASSET,
            "amount": amount,
            "balance": amount,
            "held_after": 0,
            "held": 0,
            "posted_at": NOON,
        }
        ledger.table("head")[account_id] = (1, amount, 0, NOON)
    ledger.table("transfer")[OPENING] = {
        "id": OPENING,
        "kind": "opening",
        "entry_count": len(amounts),
        "posted_at": NOON,
    }


def _list_item(world: World, seller: UUID) -> UUID:
    item_id = UUID(int=world.make_id())
    unsaid = "external_ref content_hash condition brand item_type rating neighbourhood"
    row: dict[str, Any] = dict.fromkeys([*unsaid.split(), "cell", "wanted"])
    row |= {
        "id": item_id,
        "version": 1,
        "seller_id": seller,
        "community": COMMUNITY,
        "status": "active",
        "hidden": False,
        "accepts_gift_credits": False,
        "title": "Bicycle",
        "description": "It rides.",
        "category_id": UUID(int=1),
        "slug_path": "bicycles",
        "names": ["Bicycles"],
        "kind": "good",
        "pricing": "credits",
        "price_minor": 100,
        "asset": ASSET,
        "quantity": world.plan.pieces,
        "reserved": 0,
        "sold": 0,
        "images": [],
        "created_at": NOON,
        "changed_at": NOON,
    }
    world.store("marketplace").table("item")[item_id] = row
    return item_id


def unrest(world: World) -> list[str]:
    """What is still on its way; nothing when all is calm."""
    found = []
    now = world.around.clock.now()
    for name, store in world.around.stores.items():
        waiting = [row for row in store.table("outbox").values() if not row["failed"]]
        due = [row for row in store.table("timer").values() if row["due_at"] <= now]
        if waiting:
            found.append(f"{name}: {len(waiting)} events wait in the outbox")
        if parked := len(store.table("parked_message")):
            found.append(f"{name}: {parked} messages wait for an earlier one")
        if due:
            found.append(f"{name}: {len(due)} timers are due")
    if lag := world.around.broker.lag():
        found.append(f"{lag} messages are not handled")
    return found


async def come_to_rest(world: World, *, within_seconds: float = 60.0) -> list[str]:
    """Wait until nothing is on its way, twice in a row; returns what still is."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within_seconds
    calm = 0
    while loop.time() < until:
        await asyncio.sleep(0.06)
        calm = 0 if unrest(world) else calm + 1
        if calm > 1:
            return []
    return unrest(world)
