"""Statements of exchanges."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.exchanges.lifecycle import convert
from ledger.exchanges.models import Made, Quote, Rate, Terms
from ledger.fees.models import Fee, Price

#: The newest version that has begun, whether it is over or not.
SELECT_RATE: Final = """
SELECT id, from_asset, to_asset, numerator, denominator, spread_bps, source, valid_from,
    valid_until, created_by, created_at
FROM exchange_rate WHERE from_asset = $1 AND to_asset = $2 AND valid_from <= $3
ORDER BY valid_from DESC LIMIT 1
"""
SELECT_RATES: Final = """
SELECT id, from_asset, to_asset, numerator, denominator, spread_bps, source, valid_from,
    valid_until, created_by, created_at
FROM exchange_rate
WHERE ($1::text IS NULL OR from_asset = $1) AND ($2::text IS NULL OR to_asset = $2)
    AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC LIMIT $4
"""
INSERT_RATE: Final = """
INSERT INTO exchange_rate (
    id, from_asset, to_asset, numerator, denominator, spread_bps, source, valid_from, valid_until,
    created_by, created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (from_asset, to_asset, valid_from) DO NOTHING
RETURNING id
"""
INSERT_QUOTE: Final = """
INSERT INTO exchange_quote (
    id, owner_id, from_account, rate_id, amount_minor, fee_items, fee_schedule_id, created_at,
    expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
SELECT_QUOTE: Final = """
SELECT q.id AS quote_id, q.from_account, q.amount_minor, q.fee_items, q.fee_schedule_id,
    q.created_at AS quoted_at, q.expires_at, r.id, r.from_asset, r.to_asset, r.numerator,
    r.denominator, r.spread_bps, r.source, r.valid_from, r.valid_until, r.created_by, r.created_at
FROM exchange_quote AS q
INNER JOIN exchange_rate AS r ON r.id = q.rate_id
WHERE q.id = $1 AND q.owner_id = $2
"""
DELETE_OLD_QUOTES: Final = """
DELETE FROM exchange_quote WHERE id IN (
    SELECT id FROM exchange_quote WHERE expires_at < $1 ORDER BY expires_at LIMIT 5000
)
"""
SELECT_USED: Final = "SELECT EXISTS (SELECT FROM exchange WHERE quote_id = $1)"
SELECT_EXCHANGES: Final = """
SELECT e.transfer_id, e.quote_id, e.priced_at, e.from_account, e.to_account, e.amount_minor,
    e.sold_minor, e.bought_minor, e.spread_minor, e.residue_minor, r.id, r.from_asset, r.to_asset,
    r.numerator, r.denominator, r.spread_bps, r.source, r.valid_from, r.valid_until, r.created_by,
    r.created_at
FROM exchange AS e
INNER JOIN account AS a ON a.id = e.from_account
INNER JOIN exchange_rate AS r ON r.id = e.rate_id
WHERE a.owner_id = $1 AND ($2::uuid IS NULL OR e.transfer_id < $2)
ORDER BY e.transfer_id DESC LIMIT $3
"""
INSERT_EXCHANGE: Final = """
INSERT INTO exchange (
    transfer_id, rate_id, quote_id, priced_at, from_account, to_account, amount_minor, sold_minor,
    gross_minor, bought_minor, spread_minor, residue_minor, remainder
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
"""


async def select_rate(
    conn: Connection, from_asset: str, to_asset: str, at: datetime
) -> Rate | None:
    """The newest version of a rate that has begun."""
    row = await conn.fetchrow(SELECT_RATE, from_asset, to_asset, at)
    return Rate(*row) if row else None


async def select_rates(
    conn: Connection, from_asset: str | None, to_asset: str | None, before: UUID | None, limit: int
) -> list[Rate]:
    """A page of all versions, newest first."""
    rows = await conn.fetch(SELECT_RATES, from_asset, to_asset, before, limit)
    return [Rate(*row) for row in rows]


async def insert_rate(conn: Connection, rate: Rate) -> bool:
    """Write a version; False when there is one for these assets and time."""
    written = await conn.fetchval(
        INSERT_RATE,
        rate.id,
        rate.from_asset,
        rate.to_asset,
        rate.numerator,
        rate.denominator,
        rate.spread_bps,
        rate.source,
        rate.valid_from,
        rate.valid_until,
        rate.created_by,
        rate.created_at,
    )
    return written is not None


async def insert_quote(conn: Connection, quote: Quote) -> None:
    """Write a promise."""
    price = quote.terms.price
    await conn.execute(
        INSERT_QUOTE,
        quote.id,
        quote.owner_id,
        quote.from_account,
        quote.terms.rate.id,
        price.amount_minor,
        [[fee.tier, str(fee.amount_minor)] for fee in price.fees],
        price.schedule_id,
        quote.created_at,
        quote.expires_at,
    )


async def select_quote(conn: Connection, quote_id: UUID, owner: UUID) -> Quote | None:
    """A promise that was made to somebody."""
    row = await conn.fetchrow(SELECT_QUOTE, quote_id, owner)
    return _read_quote(row, owner) if row else None


def _read_quote(row: Any, owner: UUID) -> Quote:
    values: Sequence[Any] = tuple(row)
    fees = tuple(Fee(tier, int(minor)) for tier, minor in row["fee_items"])
    price = Price(row["amount_minor"], fees, row["fee_schedule_id"])
    rate = Rate(*values[7:])
    quoted_at = row["quoted_at"]
    made = convert(price.net_minor, rate)
    terms = Terms(price, rate, made, quoted_at, row["quote_id"], row["expires_at"])
    return Quote(row["quote_id"], owner, row["from_account"], terms, quoted_at, row["expires_at"])


async def delete_old_quotes(conn: Connection, before: datetime) -> None:
    """Forget promises that expired before a time."""
    await conn.execute(DELETE_OLD_QUOTES, before)


async def is_used(conn: Connection, quote_id: UUID) -> bool:
    """Whether a promise was kept already."""
    return bool(await conn.fetchval(SELECT_USED, quote_id))


async def select_exchanges(
    conn: Connection, owner: UUID, before: UUID | None, limit: int
) -> list[Made]:
    """A page of what somebody has exchanged, newest first."""
    rows = [tuple(row) for row in await conn.fetch(SELECT_EXCHANGES, owner, before, limit)]
    return [Made(Rate(*row[10:]), *row[:10]) for row in rows]


async def insert_exchange(
    conn: Connection, transfer_id: UUID, terms: Terms, from_account: UUID, to_account: UUID
) -> None:
    """Write the record of an exchange, after its transfer."""
    made = terms.conversion
    await conn.execute(
        INSERT_EXCHANGE,
        transfer_id,
        terms.rate.id,
        terms.quote_id,
        terms.priced_at,
        from_account,
        to_account,
        terms.price.amount_minor,
        made.sold_minor,
        made.gross_minor,
        made.bought_minor,
        made.spread_minor,
        made.residue_minor,
        made.remainder,
    )
