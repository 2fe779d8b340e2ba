"""Statements of explanations."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.explanations.models import Fee, HeldReservation, Proof

#: The items are of what an exchange sells; what it buys has the spread.
SELECT_FEES: Final = """
SELECT t.id, t.kind, sum(e.amount_minor), t.posted_at, CASE
    WHEN coalesce(t.metadata->'exchange'->>'from', $2) = $2 THEN t.metadata->'fees'->'items'
END
FROM unnest($1::uuid []) AS w (id)
INNER JOIN transfer AS t ON t.id = w.id
INNER JOIN entry AS e ON e.transfer_id = t.id
INNER JOIN account AS a ON a.id = e.account_id AND a.type = 'FEES'
WHERE e.asset = $2 AND e.account_id <> $3
GROUP BY t.id
ORDER BY t.posted_at DESC, t.id DESC
"""
#: All that is set aside in an account: what its newest entry says is held.
SELECT_HELD: Final = """
SELECT count(*), coalesce(sum(r.amount_minor - r.captured_minor - r.released_minor), 0)
FROM reservation AS r WHERE r.account_id = $1 AND r.state = 'ACTIVE'
"""
SELECT_RESERVATIONS: Final = """
SELECT r.id, r.amount_minor - r.captured_minor - r.released_minor, r.to_account, r.memo,
    r.created_at, r.expires_at
FROM reservation AS r WHERE r.account_id = $1 AND r.state = 'ACTIVE'
ORDER BY r.id DESC LIMIT $2
"""
#: The smallest signed checkpoint that holds a transfer; none while it waits for its signature.
SELECT_PROOFS: Final = """
SELECT l.transfer_id, l.leaf_index, c.size FROM unnest($1::uuid []) AS w (id)
INNER JOIN transparency_leaf AS l ON l.transfer_id = w.id
LEFT JOIN LATERAL (
    SELECT k.size FROM transparency_checkpoint AS k WHERE k.size > l.leaf_index
    ORDER BY k.size LIMIT 1
) AS c ON TRUE
ORDER BY l.leaf_index DESC
"""


async def select_held(conn: Connection, account_id: UUID) -> tuple[int, int]:
    """How many reservations hold money of an account, and how much together."""
    row = await conn.fetchrow(SELECT_HELD, account_id)
    return int(row[0]), int(row[1])


async def select_reservations(
    conn: Connection, account_id: UUID, limit: int
) -> list[HeldReservation]:
    """The newest reservations that hold money of an account."""
    rows = await conn.fetch(SELECT_RESERVATIONS, account_id, limit)
    return [HeldReservation(*row) for row in rows]


async def select_proofs(conn: Connection, transfers: Sequence[UUID]) -> list[Proof]:
    """Where transfers stand in the log; those that have no place yet are left out."""
    return [Proof(*row) for row in await conn.fetch(SELECT_PROOFS, transfers)]


async def select_fees(
    conn: Connection, transfers: Sequence[UUID], asset: str, account_id: UUID
) -> list[Fee]:
    """What some transfers of an account paid into accounts of fees, in its asset."""
    rows = await conn.fetch(SELECT_FEES, transfers, asset, account_id)
    return [
        Fee(row[0], row[1], int(row[2]), row[3], tuple((t, int(m)) for t, m in row[4] or ()))
        for row in rows
    ]
