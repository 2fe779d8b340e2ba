"""Statements of parity."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from search.parity.models import Difference, Fault, Inventory, Round, Told

#: Ids in order, so that two batches never wait for each other in a circle.
UPSERT_TOLD: Final = """
INSERT INTO told_item AS t (item_id, version, form, digest)
SELECT item_id, version, form, digest
FROM unnest($1::uuid [], $2::bigint [], $3::smallint [], $4::bytea [])
    AS n (item_id, version, form, digest)
ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE SET version = excluded.version, form = excluded.form,
    digest = excluded.digest
WHERE t.version < excluded.version OR (t.version = excluded.version AND t.form = 0)
"""
#: That there is such a version, and nothing of what it says: form 0 is compared by version alone.
RAISE_TOLD: Final = """
INSERT INTO told_item AS t (item_id, version, form, digest)
SELECT item_id, version, 0, decode(repeat('00', 32), 'hex')
FROM unnest($1::uuid [], $2::bigint []) AS n (item_id, version)
ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE SET version = excluded.version, form = excluded.form,
    digest = excluded.digest
WHERE t.version < excluded.version
"""
SELECT_KNOWN: Final = """
SELECT item_id, version FROM told_item
WHERE item_id > $1 AND ($2::uuid IS NULL OR item_id <= $2) ORDER BY item_id LIMIT $3
"""
SELECT_INVENTORY: Final = """
SELECT inventory_id, after_id, asked_at, next_at, items, completed_at, completed_items
FROM inventory_stand
"""
HOLD_INVENTORY: Final = f"{SELECT_INVENTORY.strip()} FOR UPDATE"
TAKE_INVENTORY: Final = f"{HOLD_INVENTORY} SKIP LOCKED"
UPDATE_INVENTORY: Final = """
UPDATE inventory_stand SET inventory_id = $1, after_id = $2, asked_at = $3, next_at = $4,
    items = $5, completed_at = $6, completed_items = $7
"""
RESTART_INVENTORY: Final = "UPDATE inventory_stand SET asked_at = NULL, next_at = $1"
COUNT_SIGHTINGS: Final = """
INSERT INTO ownerless_item AS o (item_id, asked, seen_at)
SELECT item_id, 0, $2 FROM unnest($1::uuid []) AS n (item_id) ORDER BY item_id
ON CONFLICT (item_id) DO UPDATE SET asked = o.asked + 1, seen_at = excluded.seen_at
RETURNING item_id, asked
"""
#: Of a page's range: whatever has an owner, or is here no more.
FORGET_SIGHTINGS: Final = """
DELETE FROM ownerless_item
WHERE item_id > $1 AND ($2::uuid IS NULL OR item_id <= $2) AND item_id <> ALL($3::uuid [])
"""
FORGET_OWNERLESS: Final = "DELETE FROM ownerless_item WHERE item_id = ANY($1::uuid [])"
FORGET_TOLD: Final = "DELETE FROM told_item WHERE item_id = ANY($1::uuid [])"
COUNT_OWNERLESS: Final = """
SELECT count(*) AS seen, count(*) FILTER (WHERE asked > 0) AS asked FROM ownerless_item
"""
SELECT_BUCKET: Final = """
SELECT item_id, version, digest, form FROM told_item WHERE item_id > $1 ORDER BY item_id LIMIT $2
"""
SELECT_TOLD: Final = """
SELECT item_id, version, digest, form FROM told_item WHERE item_id = ANY($1::uuid [])
"""
SELECT_ROUND: Final = """
SELECT after_id, next_at, items, completed_at, completed_items FROM parity_round
"""
#: One process at a time; the others have nothing to do then.
TAKE_ROUND: Final = f"{SELECT_ROUND.strip()} FOR UPDATE SKIP LOCKED"
UPDATE_ROUND: Final = """
UPDATE parity_round SET after_id = $1, next_at = $2, items = $3, completed_at = $4,
    completed_items = $5
"""
#: From the beginning, and what differed is looked at again at once.
RESTART_ROUND: Final = """
UPDATE parity_round SET after_id = '00000000-0000-0000-0000-000000000000', next_at = $1, items = 0
"""
LOOK_SOON: Final = """
UPDATE parity_difference SET check_at = $1 WHERE agreed_at IS NULL AND found_at IS NOT NULL
"""
COUNT_SUSPECTS: Final = """
SELECT count(*) FROM parity_difference WHERE agreed_at IS NULL AND found_at IS NULL
"""
#: What is known already keeps its time, and what it is now may have changed.
UPSERT_SUSPECTS: Final = """
INSERT INTO parity_difference (
    item_id, kind, told_version, indexed_version, seen_at, check_at
)
SELECT item_id, kind, told_version, indexed_version, $5, $6
FROM unnest($1::uuid [], $2::text [], $3::bigint [], $4::bigint [])
    AS t (item_id, kind, told_version, indexed_version)
ON CONFLICT (item_id) WHERE agreed_at IS NULL DO NOTHING
"""
SELECT_DUE: Final = """
SELECT item_id, kind, told_version, indexed_version, seen_at, found_at, agreed_at
FROM parity_difference WHERE agreed_at IS NULL AND check_at <= $1
ORDER BY check_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""
FORGET_SUSPECTS: Final = """
DELETE FROM parity_difference
WHERE item_id = ANY($1::uuid []) AND agreed_at IS NULL AND found_at IS NULL
"""
AGREE: Final = """
UPDATE parity_difference SET agreed_at = $2
WHERE item_id = ANY($1::uuid []) AND agreed_at IS NULL AND found_at IS NOT NULL
"""
KEEP: Final = """
UPDATE parity_difference AS d SET kind = t.kind, told_version = t.told_version,
    indexed_version = t.indexed_version, found_at = coalesce(d.found_at, $5), check_at = $6
FROM unnest($1::uuid [], $2::text [], $3::bigint [], $4::bigint [])
    AS t (item_id, kind, told_version, indexed_version)
WHERE d.item_id = t.item_id AND d.agreed_at IS NULL
"""
SELECT_DIFFERENCES: Final = """
SELECT item_id, kind, told_version, indexed_version, seen_at, found_at, agreed_at
FROM parity_difference WHERE found_at IS NOT NULL AND ($1 OR agreed_at IS NULL)
ORDER BY found_at DESC, item_id LIMIT $2
"""
COUNT_DIFFERENCES: Final = """
SELECT kind, count(*) AS open FROM parity_difference
WHERE found_at IS NOT NULL AND agreed_at IS NULL GROUP BY kind
"""
DELETE_OLD: Final = "DELETE FROM parity_difference WHERE agreed_at < $1"
COUNT_TOLD: Final = "SELECT count(*) FROM told_item"
#: The engine answers while a transaction is open; its rows are nobody else's.
WAIT_FOR_ENGINE: Final = "SET LOCAL idle_in_transaction_session_timeout = '60s'"


async def upsert_told(conn: Connection, told: Sequence[Told]) -> None:
    """Write the newest that was told; one of each item at most."""
    await conn.execute(
        UPSERT_TOLD,
        [one.item_id for one in told],
        [one.version for one in told],
        [one.form for one in told],
        [one.digest for one in told],
    )


async def select_bucket(conn: Connection, after: UUID, limit: int) -> list[Told]:
    """The next items in order of id."""
    return [Told(**dict(row)) for row in await conn.fetch(SELECT_BUCKET, after, limit)]


async def select_told(conn: Connection, ids: Sequence[UUID]) -> list[Told]:
    """What was told of some items."""
    return [Told(**dict(row)) for row in await conn.fetch(SELECT_TOLD, ids)]


async def take_round(conn: Connection) -> Round | None:
    """Where the comparison stands, for this transaction alone."""
    await conn.execute(WAIT_FOR_ENGINE)
    row = await conn.fetchrow(TAKE_ROUND)
    return Round(**dict(row)) if row else None


async def select_round(conn: Connection) -> Round:
    """Where the comparison stands."""
    return Round(**dict(await conn.fetchrow(SELECT_ROUND)))


async def update_round(conn: Connection, one: Round) -> None:
    """Write where the comparison stands."""
    await conn.execute(
        UPDATE_ROUND, one.after_id, one.next_at, one.items, one.completed_at, one.completed_items
    )


async def upsert_suspects(
    conn: Connection, faults: Sequence[Fault], *, seen_at: datetime, check_at: datetime
) -> None:
    """Write what differs and may only be late."""
    if faults:
        await conn.execute(UPSERT_SUSPECTS, *_columns(faults), seen_at, check_at)


async def select_due(conn: Connection, now: datetime, limit: int) -> list[Difference]:
    """Differences to be looked at again; locked."""
    return [_read(row) for row in await conn.fetch(SELECT_DUE, now, limit)]


async def settle(
    conn: Connection,
    lasting: Sequence[Fault],
    over: Sequence[UUID],
    *,
    now: datetime,
    again: datetime,
) -> None:
    """Write what became of differences that were looked at again."""
    await conn.execute(FORGET_SUSPECTS, over)
    await conn.execute(AGREE, over, now)
    if lasting:
        await conn.execute(KEEP, *_columns(lasting), now, again)


async def select_differences(conn: Connection, *, agreed: bool, limit: int) -> list[Difference]:
    """Differences that last, or all that are kept; newest first."""
    return [_read(row) for row in await conn.fetch(SELECT_DIFFERENCES, agreed, limit)]


async def count_differences(conn: Connection) -> dict[str, int]:
    """How many last, by kind."""
    return {row["kind"]: row["open"] for row in await conn.fetch(COUNT_DIFFERENCES)}


async def restart_round(conn: Connection, now: datetime) -> None:
    """Compare all from the beginning, now."""
    await conn.execute(RESTART_ROUND, now)
    await conn.execute(RESTART_INVENTORY, now)
    await conn.execute(LOOK_SOON, now)


async def count_suspects(conn: Connection) -> int:
    """How many differed when they were compared, and may only be late."""
    return int(await conn.fetchval(COUNT_SUSPECTS))


async def raise_told(conn: Connection, versions: Mapping[UUID, int]) -> None:
    """Write that items have reached these versions, if nothing newer was told."""
    await conn.execute(RAISE_TOLD, list(versions), list(versions.values()))


async def select_known(
    conn: Connection, after: UUID, last: UUID | None, limit: int
) -> dict[UUID, int]:
    """Versions of what was told of items in a range."""
    rows = await conn.fetch(SELECT_KNOWN, after, last, limit)
    return {row["item_id"]: row["version"] for row in rows}


async def select_inventory(conn: Connection) -> Inventory:
    """Where the comparison with the marketplace's own rows stands."""
    return Inventory(**dict(await conn.fetchrow(SELECT_INVENTORY)))


async def hold_inventory(conn: Connection) -> Inventory:
    """The same; nobody else moves it until the commit."""
    return Inventory(**dict(await conn.fetchrow(HOLD_INVENTORY)))


async def take_inventory(conn: Connection) -> Inventory | None:
    """The same, unless somebody else holds it."""
    row = await conn.fetchrow(TAKE_INVENTORY)
    return Inventory(**dict(row)) if row else None


async def update_inventory(conn: Connection, one: Inventory) -> None:
    """Write where it stands."""
    await conn.execute(UPDATE_INVENTORY, *astuple(one))


async def count_sightings(
    conn: Connection, items: Sequence[UUID], now: datetime
) -> dict[UUID, int]:
    """Count once more that items are here and not there; how often they were asked for with it."""
    rows = await conn.fetch(COUNT_SIGHTINGS, items, now)
    return {row["item_id"]: row["asked"] for row in rows}


async def forget_sightings(
    conn: Connection, after: UUID, last: UUID | None, but: Sequence[UUID]
) -> None:
    """Forget what was seen in a range, but for some items."""
    await conn.execute(FORGET_SIGHTINGS, after, last, but)


async def forget_items(conn: Connection, items: Sequence[UUID]) -> None:
    """Forget all that was told and seen of items."""
    await conn.execute(FORGET_TOLD, items)
    await conn.execute(FORGET_OWNERLESS, items)


async def count_ownerless(conn: Connection) -> tuple[int, int]:
    """How many items are here and not there, and how many of them were asked for."""
    row = await conn.fetchrow(COUNT_OWNERLESS)
    return row["seen"], row["asked"]


async def delete_old(conn: Connection, before: datetime) -> None:
    """Forget what has agreed again long ago."""
    await conn.execute(DELETE_OLD, before)


async def count_told(conn: Connection) -> int:
    """How many items were told of."""
    return int(await conn.fetchval(COUNT_TOLD))


def _columns(faults: Sequence[Fault]) -> tuple[list[Any], ...]:
    return (
        [one.item_id for one in faults],
        [one.kind for one in faults],
        [one.told_version for one in faults],
        [one.indexed_version for one in faults],
    )


def _read(row: Any) -> Difference:
    fault = Fault(row["item_id"], row["kind"], row["told_version"], row["indexed_version"])
    return Difference(fault, row["seen_at"], row["found_at"], row["agreed_at"])
