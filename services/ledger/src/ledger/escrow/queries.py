"""Statements of escrow."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.escrow.models import Escrow, Terms

LOCK_ESCROWS: Final = """
SELECT id, payer_id, payee_id, asset, amount_minor, state, version, fee_minor, funded_by,
    settled_by, reason
FROM escrow WHERE id = ANY($1::uuid []) ORDER BY id FOR UPDATE
"""
INSERT_ESCROW: Final = """
INSERT INTO escrow (
    id, payer_id, payee_id, asset, amount_minor, state, version, fee_minor, funded_by,
    settled_by, reason, created_at, changed_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
"""
UPDATE_ESCROW: Final = """
UPDATE escrow SET payer_id = $2, payee_id = $3, asset = $4, amount_minor = $5, state = $6,
    version = $7, fee_minor = $8, settled_by = $9, reason = $10, changed_at = $11
WHERE id = $1
"""


async def lock_escrows(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Escrow]:
    """Lock escrows in id order and read them; unknown ones are left out."""
    rows = await conn.fetch(LOCK_ESCROWS, ids)
    return {row["id"]: _read(row) for row in rows}


def _read(row: Any) -> Escrow:
    known = row["payer_id"] is not None
    terms = Terms(row["payer_id"], row["payee_id"], row["asset"], row["amount_minor"])
    return Escrow(
        row["id"],
        terms if known else None,
        row["state"],
        row["version"],
        row["fee_minor"],
        row["funded_by"],
        row["settled_by"],
        row["reason"],
    )


def _terms(escrow: Escrow) -> tuple[Any, Any, Any, Any]:
    terms = escrow.terms
    if terms is None:
        return (None, None, None, None)
    return (terms.payer_id, terms.payee_id, terms.asset, terms.amount_minor)


async def insert_escrows(conn: Connection, escrows: Sequence[Escrow], at: datetime) -> None:
    """Write new escrows."""
    await conn.executemany(
        INSERT_ESCROW,
        [
            (
                e.id,
                *_terms(e),
                e.state,
                e.version,
                e.fee_minor,
                e.funded_by,
                e.settled_by,
                e.reason,
                at,
            )
            for e in escrows
        ],
    )


async def update_escrows(conn: Connection, escrows: Sequence[Escrow], at: datetime) -> None:
    """Write what became of escrows."""
    await conn.executemany(
        UPDATE_ESCROW,
        [
            (e.id, *_terms(e), e.state, e.version, e.fee_minor, e.settled_by, e.reason, at)
            for e in escrows
        ],
    )
