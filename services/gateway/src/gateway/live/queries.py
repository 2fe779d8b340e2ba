"""Statements of live events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection

#: The rows stay locked until the commit: numbers become visible in order, without gaps.
ADVANCE_COUNTERS: Final = """
INSERT INTO live_counter AS c (user_id, last_seq)
SELECT wanted.user_id, wanted.count
FROM unnest($1::uuid [], $2::bigint []) AS wanted (user_id, count)
ORDER BY wanted.user_id
ON CONFLICT (user_id) DO UPDATE SET last_seq = c.last_seq + excluded.last_seq
RETURNING c.user_id, c.last_seq
"""
#: Asked when their counters are locked: whoever erases them waits for it, or was before us.
SELECT_GONE: Final = "SELECT id FROM users WHERE id = ANY($1::uuid []) AND deleted_at IS NOT NULL"
INSERT_LIVE: Final = """
INSERT INTO live_event (user_id, seq, event_id, type_name, data, occurred_at)
SELECT *
FROM unnest(
    $1::uuid [], $2::bigint [], $3::uuid [], $4::text [], $5::jsonb [], $6::timestamptz []
)
"""
SELECT_AFTER: Final = """
SELECT seq, type_name, data::text AS data FROM live_event
WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
"""
SELECT_LAST: Final = "SELECT last_seq FROM live_counter WHERE user_id = $1"
SELECT_LASTS: Final = """
SELECT user_id, last_seq FROM live_counter WHERE user_id = ANY($1::uuid [])
"""
DELETE_OLD: Final = """
DELETE FROM live_event WHERE (user_id, seq) IN (
    SELECT user_id, seq FROM live_event WHERE occurred_at < $1 ORDER BY occurred_at LIMIT 5000
)
"""
DELETE_SURPLUS: Final = """
DELETE FROM live_event WHERE (user_id, seq) IN (
    SELECT e.user_id, e.seq
    FROM live_counter AS c
    INNER JOIN live_event AS e ON e.user_id = c.user_id AND e.seq <= c.last_seq - $1
    WHERE c.last_seq > $1
    LIMIT 5000
)
"""

type LiveRow = tuple[UUID, int, UUID, str, dict[str, object], datetime]


async def advance_counters(conn: Connection, counts: dict[UUID, int]) -> dict[UUID, int]:
    """Take numbers for each person; returns the last taken. Locks the counters in id order."""
    people = sorted(counts)
    rows = await conn.fetch(ADVANCE_COUNTERS, people, [counts[person] for person in people])
    return {row["user_id"]: row["last_seq"] for row in rows}


async def select_gone(conn: Connection, people: Sequence[UUID]) -> set[UUID]:
    """Which of these people are erased."""
    return {row["id"] for row in await conn.fetch(SELECT_GONE, list(people))}


async def insert_live(conn: Connection, rows: Sequence[LiveRow]) -> None:
    """Write numbered events."""
    await conn.execute(INSERT_LIVE, *(list(column) for column in zip(*rows, strict=True)))


async def select_after(
    conn: Connection, user_id: UUID, seq: int, limit: int
) -> list[tuple[int, str, str]]:
    """A person's next events: number, type and JSON."""
    rows = await conn.fetch(SELECT_AFTER, user_id, seq, limit)
    return [(row["seq"], row["type_name"], row["data"]) for row in rows]


async def select_last(conn: Connection, user_id: UUID) -> int:
    """The number of a person's newest event; 0 before the first."""
    return await conn.fetchval(SELECT_LAST, user_id) or 0


async def select_lasts(conn: Connection, people: Sequence[UUID]) -> dict[UUID, int]:
    """The numbers of several people's newest events."""
    rows = await conn.fetch(SELECT_LASTS, list(people))
    return {row["user_id"]: row["last_seq"] for row in rows}


async def delete_old(conn: Connection, before: datetime, kept_max: int) -> int:
    """Forget a bounded number of old events, and of those beyond what is kept for a person.

    Returns:
        How many were forgotten.
    """
    answers = (
        await conn.execute(DELETE_OLD, before),
        await conn.execute(DELETE_SURPLUS, kept_max),
    )
    return sum(int(answer.rpartition(" ")[2]) for answer in answers)
