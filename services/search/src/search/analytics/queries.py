"""Statements of the query log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection

INSERT_QUERIES: Final = """
INSERT INTO query_log (
    query_id, searched_at, user_hash, community, q, filters, page, hits, tolerant, took_ms
)
SELECT query_id, searched_at, sha256(salt || uuid_send(user_id)), community, q, filters, page,
    hits, tolerant, took_ms
FROM unnest(
    $1::uuid [], $2::timestamptz [], $3::uuid [], $4::text [], $5::text [], $6::jsonb [],
    $7::boolean [], $8::integer [], $9::boolean [], $10::integer []
) AS new (
    query_id, searched_at, user_id, community, q, filters, page, hits, tolerant, took_ms
)
CROSS JOIN query_log_salt
ON CONFLICT DO NOTHING
"""
DELETE_OLD_QUERIES: Final = """
DELETE FROM query_log WHERE query_id IN (
    SELECT query_id FROM query_log WHERE searched_at < $1 ORDER BY searched_at LIMIT 5000
)
"""
DELETE_OLD_CLICKS: Final = """
DELETE FROM search_click WHERE (query_id, item_id) IN (
    SELECT query_id, item_id FROM search_click WHERE clicked_at < $1
    ORDER BY clicked_at LIMIT 5000
)
"""
FORGET_CLICKS: Final = """
DELETE FROM search_click WHERE user_hash = (
    SELECT sha256(salt || uuid_send($1)) FROM query_log_salt
)
"""
FORGET_QUERIES: Final = """
DELETE FROM query_log WHERE user_hash = (
    SELECT sha256(salt || uuid_send($1)) FROM query_log_salt
)
"""
FORGET_ANSWERS: Final = "DELETE FROM idempotent_answer WHERE owner = $1"
SELECT_SALT: Final = "SELECT salt FROM query_log_salt"
INSERT_CLICK: Final = """
INSERT INTO search_click (query_id, item_id, position, user_hash, clicked_at)
SELECT $1, $2, $3, sha256(salt || uuid_send($4)), $5 FROM query_log_salt
ON CONFLICT (query_id, item_id) DO NOTHING
"""
#: Whoever chose a hit is who searched: the token of a click says so.
SELECT_OWN: Final = """
SELECT l.query_id, l.searched_at, l.community, l.q, l.filters, l.hits, l.tolerant,
    coalesce(
        (
            SELECT jsonb_agg(
                jsonb_build_object(
                    'item_id', c.item_id, 'position', c.position, 'clicked_at', c.clicked_at
                )
                ORDER BY c.clicked_at
            )
            FROM search_click AS c WHERE c.query_id = l.query_id
        ), '[]'
    ) AS clicks
FROM query_log AS l
WHERE l.user_hash = (SELECT sha256(salt || uuid_send($1)) FROM query_log_salt)
    AND ($2::uuid IS NULL OR l.query_id < $2)
ORDER BY l.query_id DESC LIMIT $3
"""
#: Searches that were typed, less further pages; the same words in any case are the same.
SELECT_POPULAR: Final = """
SELECT lower(l.q) AS q, count(*) AS searches, count(DISTINCT l.user_hash) AS people,
    count(*) FILTER (WHERE c.query_id IS NOT NULL) AS clicked,
    avg(c.position)::double precision AS mean_position
FROM query_log AS l
LEFT JOIN (
    SELECT query_id, min(position) AS position FROM search_click
    WHERE clicked_at >= $2 GROUP BY query_id
) AS c ON c.query_id = l.query_id
WHERE l.community = $1 AND l.searched_at >= $2 AND NOT l.page AND l.q <> '' AND l.hits > 0
GROUP BY lower(l.q)
HAVING count(DISTINCT l.user_hash) >= $3
ORDER BY people DESC, searches DESC, q LIMIT $4
"""
SELECT_FRUITLESS: Final = """
SELECT lower(q) AS q, count(*) AS searches, count(DISTINCT user_hash) AS people,
    max(searched_at) AS last_at
FROM query_log
WHERE community = $1 AND searched_at >= $2 AND NOT page AND q <> '' AND hits = 0
    AND filters = '{}'
GROUP BY lower(q)
HAVING count(DISTINCT user_hash) >= $3
ORDER BY people DESC, searches DESC, q LIMIT $4
"""
SELECT_SLOW: Final = """
SELECT q, filters, took_ms, hits, searched_at FROM query_log
WHERE community = $1 AND searched_at >= $2 AND took_ms >= $3
ORDER BY took_ms DESC LIMIT $4
"""
SELECT_SUMMARY: Final = """
SELECT count(*) AS searches, count(DISTINCT l.user_hash) AS people,
    count(*) FILTER (WHERE l.hits = 0) AS fruitless,
    count(*) FILTER (WHERE l.tolerant) AS tolerant,
    count(*) FILTER (WHERE c.query_id IS NOT NULL) AS clicked,
    avg(c.position)::double precision AS mean_position,
    percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY l.took_ms) AS took_ms
FROM query_log AS l
LEFT JOIN (
    SELECT query_id, min(position) AS position FROM search_click
    WHERE clicked_at >= $2 GROUP BY query_id
) AS c ON c.query_id = l.query_id
WHERE l.community = $1 AND l.searched_at >= $2 AND NOT l.page
"""


async def forget_person(conn: Connection, user_id: UUID) -> None:
    """Forget what a person searched for, clicked on and was answered."""
    await conn.execute(FORGET_CLICKS, user_id)
    await conn.execute(FORGET_QUERIES, user_id)
    await conn.execute(FORGET_ANSWERS, str(user_id))


async def select_salt(conn: Connection) -> bytes:
    """What hashes and signatures are made with."""
    return bytes(await conn.fetchval(SELECT_SALT))


async def insert_click(
    conn: Connection, query_id: UUID, item_id: UUID, position: int, *, by: UUID, now: datetime
) -> None:
    """Keep a click; a second one on the same hit is the same."""
    await conn.execute(INSERT_CLICK, query_id, item_id, position, by, now)


async def select_own(conn: Connection, user_id: UUID, before: UUID | None, limit: int) -> list[Any]:
    """A page of what somebody searched for, newest first, with what they chose."""
    return list(await conn.fetch(SELECT_OWN, user_id, before, limit))


async def select_popular(
    conn: Connection, community: str, since: datetime, *, people: int, limit: int
) -> Sequence[Any]:
    """What at least so many people searched for and found."""
    return list(await conn.fetch(SELECT_POPULAR, community, since, people, limit))


async def select_fruitless(
    conn: Connection, community: str, since: datetime, *, people: int, limit: int
) -> Sequence[Any]:
    """What at least so many people searched for in vain."""
    return list(await conn.fetch(SELECT_FRUITLESS, community, since, people, limit))


async def select_slow(
    conn: Connection, community: str, since: datetime, *, took_ms: int, limit: int
) -> Sequence[Any]:
    """Searches that took so long, the slowest first."""
    return list(await conn.fetch(SELECT_SLOW, community, since, took_ms, limit))


async def select_summary(conn: Connection, community: str, since: datetime) -> Any:
    """All searches in a few figures."""
    return await conn.fetchrow(SELECT_SUMMARY, community, since)
