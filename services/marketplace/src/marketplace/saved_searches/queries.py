"""Statements of saved searches."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.saved_searches.models import Match, SavedSearch

#: One search of a person at a time, so that two can't both be the last that is allowed.
HOLD_PERSON: Final = "SELECT pg_advisory_xact_lock(hashtextextended('saved_search:' || $1, 0))"
COUNT_OWN: Final = "SELECT count(*) FROM saved_search WHERE user_id = $1"
READ_LEXEMES: Final = "SELECT tsvector_to_array(to_tsvector('english', $1))"
INSERT_SEARCH: Final = """
INSERT INTO saved_search (
    id, user_id, community, name, words, lexemes, category_id, kind, price_max_minor, asset,
    anchor, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""
SELECT_OWN: Final = """
SELECT * FROM saved_search WHERE user_id = $1 ORDER BY id DESC LIMIT $2
"""
DELETE_OWN: Final = "DELETE FROM saved_search WHERE id = $1 AND user_id = $2 RETURNING id"
TAKE_ARRIVALS: Final = """
SELECT item_id FROM item_arrival
ORDER BY arrived_at, item_id LIMIT $1
FOR UPDATE SKIP LOCKED
"""
#: An item is met only by searches that have a stem or a category of its own as their anchor: one
#: index descent each, however many searches there are. The rest of a search is compared then.
INSERT_MATCHES: Final = """
WITH arrived AS MATERIALIZED (
    SELECT
        item.id,
        item.seller_id,
        item.community,
        item.kind,
        item.asset,
        CASE item.pricing WHEN 'gift' THEN 0 ELSE item.price_minor END AS price_minor,
        item.pricing = 'gift' AS is_gift,
        tsvector_to_array(
            to_tsvector(
                'english',
                concat_ws(
                    ' ', item.title, item.description, item.brand, item.item_type,
                    array_to_string(category.names, ' ')
                )
            )
        ) AS lexemes,
        ARRAY(
            SELECT above.id
            FROM generate_series(1, cardinality(category.names)) AS depth
            INNER JOIN category AS above
                ON
                    array_to_string((string_to_array(category.slug_path, '/')) [1:depth], '/')
                    = above.slug_path
        ) AS categories
    FROM item
    INNER JOIN category ON item.category_id = category.id
    WHERE item.id = ANY($1::uuid []) AND item.status = 'active' AND NOT item.hidden
),

anchored AS (
    SELECT
        id,
        community,
        'w:' || unnest(lexemes) AS anchor
    FROM arrived
    UNION ALL
    SELECT
        id,
        community,
        'c:' || unnest(categories) AS anchor
    FROM arrived
)

INSERT INTO saved_search_match (search_id, item_id, user_id, matched_at)
SELECT
    search.id,
    arrived.id,
    search.user_id,
    $2
FROM anchored
INNER JOIN saved_search AS search
    ON anchored.community = search.community AND anchored.anchor = search.anchor
INNER JOIN arrived ON anchored.id = arrived.id
WHERE search.user_id <> arrived.seller_id
    AND (search.kind IS NULL OR search.kind = arrived.kind)
    AND (search.category_id IS NULL OR search.category_id = ANY(arrived.categories))
    AND (
        search.price_max_minor IS NULL OR arrived.is_gift
        OR (search.asset = arrived.asset AND arrived.price_minor <= search.price_max_minor)
    )
    AND arrived.lexemes @> search.lexemes
    AND NOT EXISTS (
        SELECT FROM saved_search_match AS known
        WHERE known.search_id = search.id AND known.item_id = arrived.id
    )
LIMIT $3
ON CONFLICT (search_id, item_id) DO NOTHING
RETURNING user_id
"""
DELETE_ARRIVALS: Final = "DELETE FROM item_arrival WHERE item_id = ANY($1::uuid [])"
INSERT_DUE: Final = """
INSERT INTO saved_search_digest (user_id, due_at)
SELECT
    user_id,
    $2
FROM unnest($1::uuid []) AS person (user_id)
ORDER BY user_id
ON CONFLICT (user_id) DO NOTHING
"""
TAKE_DUE: Final = """
DELETE FROM saved_search_digest WHERE user_id IN (
    SELECT user_id FROM saved_search_digest
    WHERE due_at <= $1 ORDER BY due_at, user_id LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING user_id
"""
#: The oldest of each person; what is more is left for the next digest.
TAKE_UNTOLD: Final = """
UPDATE saved_search_match AS told SET told_at = $2
FROM unnest($1::uuid []) AS person (user_id)
CROSS JOIN LATERAL (
    SELECT
        search_id,
        item_id
    FROM saved_search_match
    WHERE user_id = person.user_id AND told_at IS NULL
    ORDER BY matched_at, search_id, item_id LIMIT $3
) AS untold
WHERE told.search_id = untold.search_id AND told.item_id = untold.item_id
RETURNING told.search_id, told.item_id, told.user_id
"""
SELECT_MATCHES: Final = """
SELECT
    search.user_id, search.id AS search_id, search.name AS search_name, item.id AS item_id,
    item.title AS item_title
FROM unnest($1::uuid [], $2::uuid []) AS matched (search_id, item_id)
INNER JOIN saved_search AS search ON matched.search_id = search.id
INNER JOIN item ON matched.item_id = item.id AND search.community = item.community
WHERE item.status = 'active' AND NOT item.hidden
"""


async def hold_person(conn: Connection, user_id: UUID) -> int:
    """Let one person's searches come one after the other; returns how many there are."""
    await conn.execute(HOLD_PERSON, str(user_id))
    found: int = await conn.fetchval(COUNT_OWN, user_id)
    return found


async def read_lexemes(conn: Connection, words: str) -> tuple[str, ...]:
    """The stems of words, without those that every text has."""
    return tuple(await conn.fetchval(READ_LEXEMES, words))


async def insert_search(conn: Connection, search: SavedSearch) -> None:
    """Keep a search."""
    await conn.execute(INSERT_SEARCH, *astuple(search))


async def select_own(conn: Connection, user_id: UUID, limit: int) -> list[SavedSearch]:
    """A person's searches, newest first."""
    rows: list[Any] = await conn.fetch(SELECT_OWN, user_id, limit)
    return [SavedSearch(**{**row, "lexemes": tuple(row["lexemes"])}) for row in rows]


async def delete_own(conn: Connection, search_id: UUID, user_id: UUID) -> bool:
    """Forget a person's search, with what it matched; whether it was there."""
    return await conn.fetchval(DELETE_OWN, search_id, user_id) is not None


async def take_arrivals(conn: Connection, limit: int) -> list[UUID]:
    """Items that have waited longest, locked; those that others work on are left to them."""
    return [row["item_id"] for row in await conn.fetch(TAKE_ARRIVALS, limit)]


async def insert_matches(
    conn: Connection, item_ids: Sequence[UUID], now: datetime, limit: int
) -> list[UUID]:
    """Keep what matches and did not before; returns whose search it was, for each match."""
    rows = await conn.fetch(INSERT_MATCHES, list(item_ids), now, limit)
    return [row["user_id"] for row in rows]


async def delete_arrivals(conn: Connection, item_ids: Sequence[UUID]) -> None:
    """These items have met all searches."""
    await conn.execute(DELETE_ARRIVALS, list(item_ids))


async def insert_due(conn: Connection, user_ids: Sequence[UUID], due_at: datetime) -> None:
    """Tell these people by then; who is told sooner already stays so."""
    await conn.execute(INSERT_DUE, list(user_ids), due_at)


async def take_due(conn: Connection, now: datetime, limit: int) -> list[UUID]:
    """People whose digest is due; they are due no longer."""
    return [row["user_id"] for row in await conn.fetch(TAKE_DUE, now, limit)]


async def take_untold(
    conn: Connection, user_ids: Sequence[UUID], now: datetime, limit: int
) -> list[tuple[UUID, UUID, UUID]]:
    """Search, item and person of what was not told, up to `limit` a person; it is told now."""
    rows = await conn.fetch(TAKE_UNTOLD, list(user_ids), now, limit)
    return [(row["search_id"], row["item_id"], row["user_id"]) for row in rows]


async def select_matches(conn: Connection, pairs: Sequence[tuple[UUID, UUID]]) -> list[Match]:
    """Matches with their names, of items that are on offer still."""
    searches, items = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return [Match(**row) for row in await conn.fetch(SELECT_MATCHES, searches, items)]
