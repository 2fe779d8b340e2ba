"""Statements of sellers."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from search.sellers.models import SellerRating, SellerTold, Spreading

#: Ids in order, so that two batches never wait for each other in a circle. Documents are asked for
#: only when they have to say something else; who was erased is never known again.
UPSERT_TOLD: Final = """
INSERT INTO seller_rating AS r (
    seller_id, version, rating_hundredths, rating_count, erased, changed_at, spread_after
)
SELECT seller_id, version, rating_hundredths, rating_count, erased, clock_timestamp(),
    CASE WHEN rating_count > 0 THEN '00000000-0000-0000-0000-000000000000'::uuid END
FROM unnest($1::uuid [], $2::bigint [], $3::smallint [], $4::integer [], $5::boolean [])
    AS n (seller_id, version, rating_hundredths, rating_count, erased)
ORDER BY seller_id
ON CONFLICT (seller_id) DO UPDATE SET
    version = excluded.version, erased = excluded.erased,
    rating_hundredths = excluded.rating_hundredths, rating_count = excluded.rating_count,
    changed_at = CASE
        WHEN r.rating_count = excluded.rating_count
            AND r.rating_hundredths IS NOT DISTINCT FROM excluded.rating_hundredths
            THEN r.changed_at
        ELSE excluded.changed_at
    END,
    spread_after = CASE
        WHEN r.rating_count = excluded.rating_count
            AND r.rating_hundredths IS NOT DISTINCT FROM excluded.rating_hundredths
            THEN r.spread_after
        ELSE '00000000-0000-0000-0000-000000000000'::uuid
    END
WHERE NOT r.erased AND (excluded.erased OR r.version < excluded.version)
"""
SELECT_RATINGS: Final = """
SELECT seller_id, rating_hundredths, rating_count FROM seller_rating
WHERE seller_id = ANY($1::uuid []) AND rating_count > 0
"""
TAKE_SPREADING: Final = """
SELECT seller_id, rating_hundredths, rating_count, spread_after FROM seller_rating
WHERE spread_after IS NOT NULL ORDER BY changed_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""
UPDATE_SPREADING: Final = """
UPDATE seller_rating AS r SET spread_after = n.spread_after
FROM unnest($1::uuid [], $2::uuid []) AS n (seller_id, spread_after)
WHERE r.seller_id = n.seller_id
"""
SPREAD_AGAIN: Final = """
UPDATE seller_rating AS r SET spread_after = '00000000-0000-0000-0000-000000000000'
FROM (
    SELECT seller_id FROM seller_rating WHERE seller_id = ANY($1::uuid [])
    ORDER BY seller_id FOR UPDATE
) AS held
WHERE r.seller_id = held.seller_id
"""
SPREAD_SINCE: Final = """
UPDATE seller_rating AS r SET spread_after = '00000000-0000-0000-0000-000000000000'
FROM (
    SELECT seller_id FROM seller_rating WHERE changed_at >= $1 ORDER BY seller_id FOR UPDATE
) AS held
WHERE r.seller_id = held.seller_id
"""


async def upsert_told(conn: Connection, told: Sequence[SellerTold]) -> None:
    """Write what is newer than what is known; one of each seller at most, in order of id."""
    await conn.execute(
        UPSERT_TOLD,
        [one.seller_id for one in told],
        [one.version for one in told],
        [one.rating.hundredths if one.rating else None for one in told],
        [one.rating.count if one.rating else 0 for one in told],
        [one.erased for one in told],
    )


async def select_ratings(conn: Connection, sellers: Sequence[UUID]) -> dict[UUID, SellerRating]:
    """Ratings of those sellers who have some."""
    rows = await conn.fetch(SELECT_RATINGS, sellers)
    return {
        row["seller_id"]: SellerRating(row["rating_hundredths"], row["rating_count"])
        for row in rows
    }


async def take_spreading(conn: Connection, limit: int) -> list[Spreading]:
    """Sellers whose documents may have another rating, for this transaction alone."""
    return [_spreading(row) for row in await conn.fetch(TAKE_SPREADING, limit)]


async def update_spreading(conn: Connection, stands: Mapping[UUID, UUID | None]) -> None:
    """Write how far each seller is."""
    await conn.execute(UPDATE_SPREADING, list(stands), list(stands.values()))


async def spread_again(conn: Connection, sellers: Sequence[UUID]) -> None:
    """Have the ratings of these sellers brought into their documents from the first one on."""
    await conn.execute(SPREAD_AGAIN, sellers)


async def spread_since(conn: Connection, since: datetime) -> None:
    """The same for all whose rating has changed since then."""
    await conn.execute(SPREAD_SINCE, since)


def _spreading(row: Any) -> Spreading:
    count = row["rating_count"]
    rating = SellerRating(row["rating_hundredths"], count) if count else None
    return Spreading(row["seller_id"], rating, row["spread_after"])
