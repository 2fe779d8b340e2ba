"""The simulated stores do what Postgres does: one story leaves the same rows in both."""

import asyncio
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any, Final
from uuid import UUID

import asyncpg

from chassis.clock import FixedClock
from chassis.database import EVERY_COMMUNITY, Database
from chassis.ids import ids_from
from embedded.simulation.plan import make_plan
from embedded.simulation.session import STATEMENTS, Pool
from embedded.simulation.store import Store
from embedded.simulation.world import NOON, id_source, open_world
from tests.simulation.story import COMMUNITY, Story
from tests.stack.database import ScratchDatabase

ANA, BEN, OUTSIDE, FEES, ITEM = (UUID(int=(0x7 << 76) | (2 << 62) | n) for n in range(1, 6))
ACCOUNTS: Final[tuple[tuple[UUID, UUID | None, str], ...]] = (
    *(
        (UUID(int=person.int + 16 * place), person, kind)
        for person in (ANA, BEN)
        for place, kind in enumerate(("MAIN", "ESCROW"), 1)
    ),
    (OUTSIDE, None, "TRANSIT"),
    (FEES, None, "FEES"),
)
MAINS: Final = (UUID(int=ANA.int + 16), UUID(int=BEN.int + 16))
#: Asked at each debit of Ana, and wide enough for all of them.
VELOCITY: Final = ([3600, 60], ["50000", "40000"])
QUESTIONS: Final = {
    "entry": "SELECT account_id, account_seq, amount_minor::bigint, balance_after_minor::bigint, "
    "held_after_minor::bigint, coalesce(held_minor, 0)::bigint FROM ledger.entry",
    "transfer": "SELECT replace(id::text, '-', ''), kind, entry_count FROM ledger.transfer",
    "reservation": "SELECT id, amount_minor::bigint, captured_minor::bigint, "
    "released_minor::bigint, state, version, moved_by FROM ledger.reservation",
    "escrow": "SELECT id, state, version, fee_minor::bigint, funded_by, settled_by "
    "FROM ledger.escrow",
    "trade": "SELECT id, state, version, fee_minor::bigint, expires_at FROM marketplace.trade",
    "trade_step": "SELECT trade_id, version, action, from_state, to_state "
    "FROM marketplace.trade_step",
    "item": "SELECT id, status, reserved, sold, version FROM marketplace.item",
}
BOTH: Final = {
    "timer": "SELECT kind, key, due_at FROM {}.timer",
    "aggregate_head": "SELECT consumer, key, version FROM {}.aggregate_head",
    "parked": "SELECT consumer, key, version FROM {}.parked_message",
    "inbox": "SELECT consumer, event_day, event_id, outcome FROM {}.inbox",
    "answer": "SELECT owner, key, status, convert_from(body, 'UTF8') FROM {}.idempotent_answer",
    "published": "SELECT topic, key, payload FROM {}.outbox "
    "WHERE published_at IS NOT NULL AND topic <> 'marketplace.items.v1'",
    "waiting": "SELECT topic, key, payload FROM {}.outbox WHERE published_at IS NULL",
}


class _Still:
    """A host that lets no time pass."""

    async def travel(self) -> None:
        """Arrive at once."""


async def _in_postgres(scratch: ScratchDatabase) -> dict[str, list[tuple[Any, ...]]]:
    everywhere = {"localex.community": EVERY_COMMUNITY}
    admin = await asyncpg.connect(scratch.admin_url, server_settings=everywhere)
    try:
        for account_id, owner, kind in ACCOUNTS:
            await admin.execute(
                "INSERT INTO ledger.account (id, owner_id, type, asset, community, floor_minor, "
                "created_at) VALUES ($1, $2, $3, 'LXC', $4, $5, $6)",
                *(account_id, owner, kind, COMMUNITY, 0 if owner else None, NOON),
            )
        await admin.execute(
            "UPDATE ledger.account SET soft_floor_minor = 99_000, velocity_seconds = $2, "
            "velocity_minor = $3 WHERE id = $1",
            *(MAINS[0], VELOCITY[0], [Decimal(limit) for limit in VELOCITY[1]]),
        )
        await admin.execute(
            "INSERT INTO marketplace.item (id, version, seller_id, community, status, title, "
            "description, category_id, kind, pricing, price_minor, asset, quantity, created_at, "
            "changed_at) SELECT $1, 1, $2, $3, 'active', 'Bicycle', 'It rides.', id, 'good', "
            "'credits', 100, 'LXC', 5, $4, $4 FROM marketplace.category LIMIT 1",
            *(ITEM, BEN, COMMUNITY, NOON),
        )
        # What the migrations leave to be done once is no part of the story.
        await admin.execute("DELETE FROM marketplace.timer")
        async with scratch.open("ledger") as ledger, scratch.open("marketplace") as market:
            await _tell(ledger, market)
        found = {name: await admin.fetch(sql) for name, sql in QUESTIONS.items()}
        for service in ("ledger", "marketplace"):
            for name, sql in BOTH.items():
                found[f"{service}.{name}"] = await admin.fetch(sql.format(service))
        return {name: sorted(map(_plain, rows)) for name, rows in found.items()}
    finally:
        await admin.close()


def _plain(row: Any) -> tuple[str, ...]:
    return tuple(
        value.astimezone(NOON.tzinfo).isoformat() if isinstance(value, datetime) else str(value)
        for value in row
    )


async def _in_stores() -> dict[str, list[tuple[Any, ...]]]:
    stores = {name: Store(name) for name in ("ledger", "marketplace")}
    for account_id, owner, kind in ACCOUNTS:
        stores["ledger"].table("account")[account_id] = {
            "id": account_id,
            "owner_id": owner,
            "type": kind,
            "asset": "LXC",
            "community": COMMUNITY,
            "floor_minor": 0 if owner else None,
            "soft_floor_minor": 99_000 if account_id == MAINS[0] else None,
            "velocity": VELOCITY if account_id == MAINS[0] else None,
        }
    world = open_world(make_plan(1), id_source(1))
    item = next(iter(world.store("marketplace").table("item").values()))
    own = {"id": ITEM, "seller_id": BEN, "community": COMMUNITY, "quantity": 5}
    stores["marketplace"].table("item")[ITEM] = item | own
    await _tell(*(Database(Pool(store, _Still())) for store in stores.values()))
    return {name: sorted(map(_plain, rows)) for name, rows in _rows(stores).items()}


def _rows(stores: dict[str, Store]) -> dict[str, list[tuple[Any, ...]]]:
    books, market = stores["ledger"], stores["marketplace"]

    def picked(store: Store, table: str, names: str) -> list[tuple[Any, ...]]:
        rows = store.table(table).values()
        return [tuple(row[name] for name in names.split()) for row in rows]

    found = {
        "entry": [
            (*row["place"], row["amount"], row["balance"], row["held_after"], row["held"])
            for row in books.table("entry").values()
        ],
        "transfer": picked(books, "transfer", "id kind entry_count"),
        "reservation": [
            (row[0], *row[3:7], *row[13:]) for row in books.table("reservation").values()
        ],
        "escrow": picked(books, "escrow", "id state version fee_minor funded_by settled_by"),
        "trade": picked(market, "trade", "id state version fee_minor expires_at"),
        "trade_step": picked(market, "trade_step", "trade_id version action from_state to_state"),
        "item": picked(market, "item", "id status reserved sold version"),
    }
    for service, store in stores.items():
        found[f"{service}.timer"] = picked(store, "timer", "kind key due_at")
        found[f"{service}.inbox"] = [(*k, v) for k, v in store.table("inbox").items()]
        found[f"{service}.aggregate_head"] = [
            (*key, version) for key, version in store.table("aggregate_head").items()
        ]
        found[f"{service}.parked"] = picked(store, "parked_message", "consumer key version")
        found[f"{service}.answer"] = [
            (row["owner"], row["key"], row["status"], row["body"].decode())
            for row in store.table("answer").values()
        ]
        # Items are told with their category, which is made up here.
        published = picked(store, "published", "topic key payload")
        found[f"{service}.published"] = [
            row for row in published if row[0] != "marketplace.items.v1"
        ]
        found[f"{service}.waiting"] = picked(store, "outbox", "topic key payload")
    return found


async def _tell(ledger: Database, marketplace: Database) -> None:
    clock = FixedClock(NOON)
    with ids_from(id_source(Random(7).getrandbits(32))):
        story = Story(ledger, marketplace, clock, MAINS, (ANA, BEN), OUTSIDE, ITEM)
        await story.tell()


async def test_one_story_leaves_the_same_rows_in_both(scratch_database: ScratchDatabase) -> None:
    """Statement by statement, from the journal to the timers: what the model says is so."""
    real = await _in_postgres(scratch_database)
    simulated = await _in_stores()
    assert {name: rows for name, rows in real.items() if rows != simulated[name]} == {}
    assert {row[1] for row in real["escrow"]} == {"RELEASED", "REFUNDED"}
    assert len(real["ledger.inbox"]) > 3


def test_almost_every_statement_is_in_the_story() -> None:
    """Those that only faults bring about, and those of operators, are left to their own tests."""
    used: set[str] = set()
    counted = {sql: _noting(sql, statement, used) for sql, statement in STATEMENTS.items()}
    before = dict(STATEMENTS)
    STATEMENTS.update(counted)
    try:
        asyncio.run(_in_stores())
    finally:
        STATEMENTS.update(before)
    unused = [sql.strip().splitlines()[0] for sql in STATEMENTS if sql not in used]
    assert len(unused) <= 10, unused


def _noting(sql: str, statement: Any, used: set[str]) -> Any:
    async def noted(*arguments: Any) -> Any:
        used.add(sql)
        return await statement(*arguments)

    return noted
