"""Statements of transfers."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.transfers.models import Recorded, Side

SELECT_TRANSFER: Final = """
SELECT t.id, t.kind, t.effective_at, t.posted_at, t.reverses, t.metadata FROM transfer AS t
WHERE t.id = $1 AND EXISTS (
    SELECT FROM entry AS e
    INNER JOIN account AS a ON a.id = e.account_id
    WHERE e.transfer_id = t.id AND ($2::uuid IS NULL OR a.owner_id = $2)
        AND ($3::text IS NULL OR a.community = $3)
)
"""
SELECT_SIDES: Final = """
SELECT e.account_id, a.owner_id, a.community, a.type, e.asset, e.amount_minor, e.balance_after_minor
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


async def select_transfer(conn: Connection, transfer_id: UUID, reach: Reach) -> Recorded | None:
    """A transfer with its sides, if it moved an account within reach."""
    row = await conn.fetchrow(SELECT_TRANSFER, transfer_id, reach.owner, reach.community)
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
