"""Statements of gifts."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.gifts.models import Lot
from ledger.reach import Reach

_COLUMNS: Final = """
SELECT l.id, l.account_id, l.giver_account, l.asset, l.amount_minor, l.remaining_minor, l.state,
    l.memo, l.given_at, l.expires_at, l.changed_at, l.version, l.moved_by
FROM gift_lot AS l
"""
SELECT_LOT: Final = f"""{_COLUMNS}
WHERE l.id = $1 AND EXISTS (
    SELECT FROM account AS a
    WHERE a.id IN (l.account_id, l.giver_account) AND ($2::uuid IS NULL OR a.owner_id = $2)
        AND ($3::text IS NULL OR a.community = $3)
)
"""
SELECT_LOTS: Final = f"{_COLUMNS} WHERE l.id = ANY($1::uuid []) ORDER BY l.id"
#: In the order in which they are spent.
SELECT_OPEN: Final = f"""{_COLUMNS}
WHERE l.account_id = $1 AND l.state = 'OPEN'
ORDER BY l.expires_at, l.id LIMIT $2
"""
SELECT_RECEIVED: Final = f"""{_COLUMNS}
WHERE l.account_id = ANY($1::uuid []) AND ($2::text IS NULL OR l.state = $2)
    AND ($3::uuid IS NULL OR l.id < $3)
ORDER BY l.id DESC LIMIT $4
"""
SELECT_GIVEN: Final = f"""{_COLUMNS}
WHERE l.giver_account = ANY($1::uuid []) AND ($2::text IS NULL OR l.state = $2)
    AND ($3::uuid IS NULL OR l.id < $3)
ORDER BY l.id DESC LIMIT $4
"""
#: What one transfer took from lots.
SELECT_TAKEN: Final = """
SELECT l.id, l.account_id, l.giver_account, l.asset, l.amount_minor, l.remaining_minor, l.state,
    l.memo, l.given_at, l.expires_at, l.changed_at, l.version, l.moved_by, -m.change_minor AS took
FROM gift_lot_move AS m
INNER JOIN gift_lot AS l ON l.id = m.lot_id
WHERE m.transfer_id = $1 AND m.change_minor < 0
ORDER BY l.id
"""
SELECT_ACCEPTS: Final = "SELECT accepts_gifts FROM account WHERE id = $1"
INSERT_LOT: Final = """
INSERT INTO gift_lot (
    id, account_id, giver_account, asset, amount_minor, remaining_minor, state, memo, given_at,
    expires_at, changed_at, version, moved_by
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
UPDATE_LOT: Final = """
UPDATE gift_lot SET remaining_minor = $2, state = $3, changed_at = $4, version = $5, moved_by = $6
WHERE id = $1
"""


async def select_lot(conn: Connection, lot_id: UUID, reach: Reach) -> Lot | None:
    """A gift, if it was given or received within reach."""
    row = await conn.fetchrow(SELECT_LOT, lot_id, reach.owner, reach.community)
    return Lot(*row) if row else None


async def select_lots(conn: Connection, ids: Sequence[UUID]) -> list[Lot]:
    """Gifts by id; unknown ones are left out."""
    return [Lot(*row) for row in await conn.fetch(SELECT_LOTS, ids)]


async def select_open(conn: Connection, account_id: UUID, limit: int) -> list[Lot]:
    """What is left of an account's gifts, those that expire first first."""
    return [Lot(*row) for row in await conn.fetch(SELECT_OPEN, account_id, limit)]


async def select_taken(conn: Connection, transfer_id: UUID) -> list[tuple[Lot, int]]:
    """The gifts that a transfer took from, as they are, each with what it took."""
    rows = await conn.fetch(SELECT_TAKEN, transfer_id)
    return [(Lot(*tuple(row)[:-1]), int(row["took"])) for row in rows]


async def select_page(
    conn: Connection,
    accounts: Sequence[UUID],
    *,
    given: bool,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[Lot]:
    """A page of gifts to accounts, or from them, newest first."""
    statement = SELECT_GIVEN if given else SELECT_RECEIVED
    return [Lot(*row) for row in await conn.fetch(statement, accounts, state, before, limit)]


async def accepts_gifts(conn: Connection, account_id: UUID) -> bool:
    """Whether an account accepts gift credits."""
    return bool(await conn.fetchval(SELECT_ACCEPTS, account_id))


async def insert_lot(conn: Connection, lot: Lot) -> None:
    """Write a new gift, after its transfer."""
    await conn.execute(
        INSERT_LOT,
        lot.id,
        lot.account_id,
        lot.giver_account,
        lot.asset,
        lot.amount_minor,
        lot.remaining_minor,
        lot.state,
        lot.memo,
        lot.given_at,
        lot.expires_at,
        lot.changed_at,
        lot.version,
        lot.moved_by,
    )


async def update_lots(conn: Connection, changed: Sequence[Lot]) -> None:
    """Write what became of gifts, after the transfers that made it so."""
    await conn.executemany(
        UPDATE_LOT,
        [
            (
                after.id,
                after.remaining_minor,
                after.state,
                after.changed_at,
                after.version,
                after.moved_by,
            )
            for after in changed
        ],
    )
