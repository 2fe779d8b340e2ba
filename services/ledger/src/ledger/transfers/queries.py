"""Statements of transfers."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.transfers.models import Recorded, Side
from ledger.transfers.scheduled import Scheduled

SELECT_TRANSFER: Final = """
SELECT t.id, t.kind, t.effective_at, t.posted_at, t.reverses, t.metadata FROM transfer AS t
WHERE t.id = $1 AND ($2::uuid IS NULL OR EXISTS (
    SELECT FROM entry AS e
    INNER JOIN account AS a ON a.id = e.account_id
    WHERE e.transfer_id = t.id AND a.owner_id = $2
))
"""
SELECT_SIDES: Final = """
SELECT e.account_id, a.owner_id, a.type, e.asset, e.amount_minor, e.balance_after_minor
FROM entry AS e
INNER JOIN account AS a ON a.id = e.account_id
WHERE e.transfer_id = $1 ORDER BY e.position
"""

SELECT_REVERSED: Final = """
SELECT e.account_id, sum(e.amount_minor) FROM transfer AS t
INNER JOIN entry AS e ON e.transfer_id = t.id
WHERE t.reverses = $1 GROUP BY e.account_id
"""


async def select_reversed(conn: Connection, transfer_id: UUID) -> dict[UUID, int]:
    """What the reversals of a transfer moved so far, by account."""
    return {row[0]: int(row[1]) for row in await conn.fetch(SELECT_REVERSED, transfer_id)}


async def select_transfer(
    conn: Connection, transfer_id: UUID, party: UUID | None
) -> Recorded | None:
    """A transfer with its sides; with a party, only if it moved an account of theirs."""
    row = await conn.fetchrow(SELECT_TRANSFER, transfer_id, party)
    if row is None:
        return None
    sides = await conn.fetch(SELECT_SIDES, transfer_id)
    return Recorded(
        row["id"],
        row["kind"],
        row["effective_at"],
        row["posted_at"],
        row["reverses"],
        row["metadata"],
        tuple(Side(*side) for side in sides),
    )


_SCHEDULED: Final = """
SELECT id, owner_id, from_account, to_account, asset, amount_minor, memo, effective_at, state,
    transfer_id, problem, detail, created_at, changed_at, version, correlation_id
FROM scheduled_transfer
"""
SELECT_SCHEDULED: Final = f"{_SCHEDULED} WHERE id = $1 AND ($2::uuid IS NULL OR owner_id = $2)"
LOCK_SCHEDULED: Final = f"{_SCHEDULED} WHERE id = ANY($1::uuid []) ORDER BY id FOR UPDATE"
SELECT_SCHEDULED_PAGE: Final = f"""{_SCHEDULED}
WHERE ($1::uuid IS NULL OR owner_id = $1) AND ($2::uuid IS NULL OR from_account = $2)
    AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR id < $4)
ORDER BY id DESC LIMIT $5
"""
COUNT_PENDING: Final = """
SELECT count(*) FROM (
    SELECT FROM scheduled_transfer WHERE owner_id = $1 AND state = 'PENDING' LIMIT $2
) AS pending
"""
INSERT_SCHEDULED: Final = """
INSERT INTO scheduled_transfer (
    id, owner_id, from_account, to_account, asset, amount_minor, memo, effective_at, state,
    created_at, changed_at, version, correlation_id
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""
UPDATE_SCHEDULED: Final = """
UPDATE scheduled_transfer SET state = $2, transfer_id = $3, problem = $4, detail = $5,
    changed_at = $6, version = $7
WHERE id = $1
"""


async def select_scheduled(
    conn: Connection, scheduled_id: UUID, owner: UUID | None
) -> Scheduled | None:
    """A transfer for later; with an owner, only if it is theirs."""
    row = await conn.fetchrow(SELECT_SCHEDULED, scheduled_id, owner)
    return Scheduled(*row) if row else None


async def lock_scheduled(conn: Connection, ids: Sequence[UUID]) -> list[Scheduled]:
    """Lock transfers for later in id order until the transaction ends, and read them."""
    return [Scheduled(*row) for row in await conn.fetch(LOCK_SCHEDULED, ids)]


async def select_scheduled_page(
    conn: Connection,
    *,
    owner: UUID | None,
    account: UUID | None,
    state: str | None,
    before: UUID | None,
    limit: int,
) -> list[Scheduled]:
    """A page of transfers for later, newest first."""
    rows = await conn.fetch(SELECT_SCHEDULED_PAGE, owner, account, state, before, limit)
    return [Scheduled(*row) for row in rows]


async def count_pending(conn: Connection, owner: UUID, most: int) -> int:
    """How many of a person's wait for their time; counted up to `most`."""
    return int(await conn.fetchval(COUNT_PENDING, owner, most))


async def insert_scheduled(conn: Connection, made: Scheduled) -> None:
    """Write a new transfer for later."""
    await conn.execute(
        INSERT_SCHEDULED,
        made.id,
        made.owner_id,
        made.from_account,
        made.to_account,
        made.asset,
        made.amount_minor,
        made.memo,
        made.effective_at,
        made.state,
        made.created_at,
        made.changed_at,
        made.version,
        made.correlation_id,
    )


async def update_scheduled(conn: Connection, changed: Sequence[Scheduled]) -> None:
    """Write what became of transfers for later, after the transfers that carried them out."""
    await conn.executemany(
        UPDATE_SCHEDULED,
        [
            (
                after.id,
                after.state,
                after.transfer_id,
                after.problem,
                after.detail,
                after.changed_at,
                after.version,
            )
            for after in changed
        ],
    )
