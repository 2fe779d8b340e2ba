"""Statements of explanations."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.explanations.models import Fee

SELECT_FEES: Final = """
SELECT t.id, t.kind, sum(e.amount_minor), t.posted_at FROM unnest($1::uuid []) AS w (id)
INNER JOIN transfer AS t ON t.id = w.id
INNER JOIN entry AS e ON e.transfer_id = t.id
INNER JOIN account AS a ON a.id = e.account_id AND a.type = 'FEES'
WHERE e.asset = $2 AND e.account_id <> $3
GROUP BY t.id
ORDER BY t.posted_at DESC, t.id DESC
"""


async def select_fees(
    conn: Connection, transfers: Sequence[UUID], asset: str, account_id: UUID
) -> list[Fee]:
    """What some transfers of an account paid into accounts of fees, in its asset."""
    rows = await conn.fetch(SELECT_FEES, transfers, asset, account_id)
    return [Fee(row[0], row[1], int(row[2]), row[3]) for row in rows]
