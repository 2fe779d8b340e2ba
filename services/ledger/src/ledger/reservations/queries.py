"""Statements of reservations."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.reservations.models import Reservation

SELECT_RESERVATION: Final = """
SELECT r.id, r.account_id, r.asset, r.amount_minor, r.captured_minor, r.released_minor, r.state,
    r.to_account, r.memo, r.created_by, r.created_at, r.expires_at, r.changed_at, r.version,
    r.moved_by
FROM reservation AS r
INNER JOIN account AS a ON a.id = r.account_id
WHERE r.id = $1 AND ($2::uuid IS NULL OR a.owner_id = $2)
    AND ($3::text IS NULL OR a.community = $3)
"""
SELECT_RESERVATIONS: Final = """
SELECT r.id, r.account_id, r.asset, r.amount_minor, r.captured_minor, r.released_minor, r.state,
    r.to_account, r.memo, r.created_by, r.created_at, r.expires_at, r.changed_at, r.version,
    r.moved_by
FROM reservation AS r
INNER JOIN account AS a ON a.id = r.account_id
WHERE ($1::uuid IS NULL OR a.owner_id = $1) AND ($2::text IS NULL OR a.community = $2)
    AND ($3::uuid IS NULL OR r.account_id = $3) AND ($4::text IS NULL OR r.state = $4)
    AND ($5::uuid IS NULL OR r.id < $5)
ORDER BY r.id DESC LIMIT $6
"""
LOCK_RESERVATIONS: Final = """
SELECT id, account_id, asset, amount_minor, captured_minor, released_minor, state, to_account, memo,
    created_by, created_at, expires_at, changed_at, version, moved_by
FROM reservation WHERE id = ANY($1::uuid []) ORDER BY id FOR UPDATE
"""
INSERT_RESERVATION: Final = """
INSERT INTO reservation (
    id, account_id, asset, amount_minor, captured_minor, released_minor, state, to_account, memo,
    created_by, created_at, expires_at, changed_at, version, moved_by
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
"""
UPDATE_RESERVATION: Final = """
UPDATE reservation SET captured_minor = $2, released_minor = $3, state = $4, version = $5,
    moved_by = $6, changed_at = $7
WHERE id = $1
"""


async def select_reservation(
    conn: Connection, reservation_id: UUID, reach: Reach
) -> Reservation | None:
    """A reservation, if the money is within reach."""
    row = await conn.fetchrow(SELECT_RESERVATION, reservation_id, reach.owner, reach.community)
    return Reservation(*row) if row else None


async def select_reservations(
    conn: Connection,
    *,
    reach: Reach,
    account_id: UUID | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[Reservation]:
    """A page of reservations, newest first."""
    rows = await conn.fetch(
        SELECT_RESERVATIONS, reach.owner, reach.community, account_id, state, before, limit
    )
    return [Reservation(*row) for row in rows]


async def lock_reservations(conn: Connection, ids: Sequence[UUID]) -> list[Reservation]:
    """Lock reservations in id order until the transaction ends, and read them."""
    return [Reservation(*row) for row in await conn.fetch(LOCK_RESERVATIONS, ids)]


async def insert_reservation(conn: Connection, made: Reservation) -> None:
    """Write a new reservation, after its transfer."""
    await conn.execute(
        INSERT_RESERVATION,
        made.id,
        made.account_id,
        made.asset,
        made.amount_minor,
        made.captured_minor,
        made.released_minor,
        made.state,
        made.to_account,
        made.memo,
        made.created_by,
        made.created_at,
        made.expires_at,
        made.changed_at,
        made.version,
        made.moved_by,
    )


async def update_reservations(conn: Connection, changed: Sequence[Reservation]) -> None:
    """Write what became of reservations, after their transfers."""
    await conn.executemany(
        UPDATE_RESERVATION,
        [
            (
                after.id,
                after.captured_minor,
                after.released_minor,
                after.state,
                after.version,
                after.moved_by,
                after.changed_at,
            )
            for after in changed
        ],
    )
