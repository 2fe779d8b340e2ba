"""Statements of ratings."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from marketplace.ratings.models import Rating

SELECT_OF_TRADE: Final = """
SELECT trade_id, by_id, about_id, about_side, stars, text, given_at, revealed_at
FROM rating WHERE trade_id = $1 ORDER BY given_at, by_id LIMIT 2
"""
INSERT_RATING: Final = """
INSERT INTO rating (trade_id, by_id, about_id, about_side, stars, text, given_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
REVEAL: Final = """
UPDATE rating SET revealed_at = greatest($2, given_at)
WHERE trade_id = $1 AND revealed_at IS NULL
RETURNING trade_id, by_id, about_id, about_side, stars, text, given_at, revealed_at
"""
SELECT_PAGE: Final = """
SELECT trade_id, by_id, about_id, about_side, stars, text, given_at, revealed_at
FROM rating
WHERE about_id = $1 AND revealed_at IS NOT NULL AND ($2::uuid IS NULL OR trade_id < $2)
ORDER BY trade_id DESC LIMIT $3
"""


async def select_of_trade(conn: Connection, trade_id: UUID) -> list[Rating]:
    """The ratings of a trade, hidden ones too: at most one a side."""
    return [Rating(**dict(row)) for row in await conn.fetch(SELECT_OF_TRADE, trade_id)]


async def insert_rating(conn: Connection, rating: Rating) -> None:
    """Write a hidden rating."""
    await conn.execute(
        INSERT_RATING,
        rating.trade_id,
        rating.by_id,
        rating.about_id,
        rating.about_side,
        rating.stars,
        rating.text,
        rating.given_at,
    )


async def reveal(conn: Connection, trade_id: UUID, now: datetime) -> list[Rating]:
    """Reveal what is hidden of a trade; returns it."""
    return [Rating(**dict(row)) for row in await conn.fetch(REVEAL, trade_id, now)]


async def select_page(
    conn: Connection, about_id: UUID, after: UUID | None, limit: int
) -> list[Rating]:
    """Revealed ratings of a person, of the newest trades first."""
    rows = await conn.fetch(SELECT_PAGE, about_id, after, limit)
    return [Rating(**dict(row)) for row in rows]
