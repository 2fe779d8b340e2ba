"""Statements of escrow."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.escrow.models import AcceptedPrice, Escrow, Terms
from ledger.fees.models import Fee, Price
from ledger.reach import Reach

LOCK_ESCROWS: Final = """
SELECT id, payer_id, payee_id, asset, amount_minor, state, version, fee_minor, funded_by,
    settled_by, reason, refunded_minor, gift_minor
FROM escrow WHERE id = ANY($1::uuid []) ORDER BY id FOR UPDATE
"""
INSERT_ESCROW: Final = """
INSERT INTO escrow (
    id, payer_id, payee_id, asset, amount_minor, state, version, fee_minor, funded_by,
    settled_by, reason, refunded_minor, gift_minor, created_at, changed_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
"""
UPDATE_ESCROW: Final = """
UPDATE escrow SET payer_id = $2, payee_id = $3, asset = $4, amount_minor = $5, state = $6,
    version = $7, fee_minor = $8, settled_by = $9, reason = $10, refunded_minor = $11,
    gift_minor = $12, changed_at = $13
WHERE id = $1
"""
SELECT_ESCROW: Final = """
SELECT id, payer_id, payee_id, asset, amount_minor, state, version, fee_minor, funded_by,
    settled_by, reason, refunded_minor, gift_minor
FROM escrow AS s
WHERE id = $1 AND payer_id IS NOT NULL AND ($2::uuid IS NULL OR $2 IN (payer_id, payee_id))
    AND ($3::text IS NULL OR EXISTS (
        SELECT FROM account AS a
        WHERE a.owner_id IN (s.payer_id, s.payee_id) AND a.asset = s.asset AND a.community = $3
    ))
"""
SELECT_PRICES: Final = """
SELECT p.escrow_id, p.quote_id, p.schedule_id, p.items, p.accepted_by, p.accepted_at,
    e.amount_minor
FROM escrow_price AS p
INNER JOIN escrow AS e ON e.id = p.escrow_id
WHERE p.escrow_id = ANY($1::uuid [])
"""
INSERT_PRICE: Final = """
INSERT INTO escrow_price (escrow_id, quote_id, schedule_id, items, accepted_by, accepted_at)
VALUES ($1, $2, $3, $4, $5, $6)
"""


async def lock_escrows(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Escrow]:
    """Lock escrows in id order and read them; unknown ones are left out."""
    rows = await conn.fetch(LOCK_ESCROWS, ids)
    return {row["id"]: _read(row) for row in rows}


async def select_escrow(conn: Connection, escrow_id: UUID, reach: Reach) -> Escrow | None:
    """An escrow whose terms are known, if payer or payee is within reach."""
    row = await conn.fetchrow(SELECT_ESCROW, escrow_id, reach.owner, reach.community)
    return _read(row) if row else None


async def select_prices(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, AcceptedPrice]:
    """What was accepted for the releases of escrows; those without are left out."""
    rows = await conn.fetch(SELECT_PRICES, ids)
    return {row["escrow_id"]: _read_price(row) for row in rows}


def _read_price(row: Any) -> AcceptedPrice:
    fees = tuple(Fee(tier, int(minor)) for tier, minor in row["items"])
    price = Price(row["amount_minor"], fees, row["schedule_id"], row["quote_id"])
    return AcceptedPrice(row["escrow_id"], price, row["accepted_by"], row["accepted_at"])


async def insert_price(conn: Connection, accepted: AcceptedPrice) -> None:
    """Write what was accepted; it never changes."""
    price = accepted.price
    await conn.execute(
        INSERT_PRICE,
        accepted.escrow_id,
        price.quote_id,
        price.schedule_id,
        [[fee.tier, str(fee.amount_minor)] for fee in price.fees],
        accepted.accepted_by,
        accepted.accepted_at,
    )


def _read(row: Any) -> Escrow:
    known = row["payer_id"] is not None
    terms = Terms(
        row["payer_id"],
        row["payee_id"],
        row["asset"],
        row["amount_minor"],
        int(row["gift_minor"]),
    )
    return Escrow(
        row["id"],
        terms if known else None,
        row["state"],
        row["version"],
        row["fee_minor"],
        row["funded_by"],
        row["settled_by"],
        row["reason"],
        row["refunded_minor"],
    )


def _terms(escrow: Escrow) -> tuple[Any, Any, Any, Any]:
    terms = escrow.terms
    if terms is None:
        return (None, None, None, None)
    return (terms.payer_id, terms.payee_id, terms.asset, terms.amount_minor)


async def insert_escrows(conn: Connection, escrows: Sequence[tuple[Escrow, datetime]]) -> None:
    """Write new escrows, each with when it changed."""
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
                e.refunded_minor,
                e.terms.gift_minor if e.terms else 0,
                at,
            )
            for e, at in escrows
        ],
    )


async def update_escrows(conn: Connection, escrows: Sequence[tuple[Escrow, datetime]]) -> None:
    """Write what became of escrows, each with when it did."""
    await conn.executemany(
        UPDATE_ESCROW,
        [
            (
                e.id,
                *_terms(e),
                e.state,
                e.version,
                e.fee_minor,
                e.settled_by,
                e.reason,
                e.refunded_minor,
                e.terms.gift_minor if e.terms else 0,
                at,
            )
            for e, at in escrows
        ],
    )
