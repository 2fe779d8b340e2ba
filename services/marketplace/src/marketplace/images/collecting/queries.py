"""Statements of collecting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.images.collecting.models import Part, Sweep

TAKE_WASTE: Final = """
SELECT path FROM image_waste ORDER BY added_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""
DELETE_WASTE: Final = "DELETE FROM image_waste WHERE path = ANY($1::text [])"
ADD_WASTE: Final = """
INSERT INTO image_waste (path) SELECT unnest($1::text []) ON CONFLICT (path) DO NOTHING
"""
DELETE_ORPHANS: Final = """
DELETE FROM image WHERE id IN (
    SELECT id FROM image
    WHERE unattached_since < $1 AND state <> 'UPLOADED' AND evidence_since IS NULL
    ORDER BY unattached_since LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""
DELETE_OVER: Final = """
DELETE FROM image_upload WHERE id IN (
    SELECT id FROM image_upload WHERE expires_at < $1
    ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING id
"""
TAKE_SWEEP: Final = "SELECT * FROM image_sweep WHERE part = $1 FOR UPDATE SKIP LOCKED"
SELECT_SWEEPS: Final = "SELECT * FROM image_sweep ORDER BY part"
MOVE_SWEEP: Final = """
UPDATE image_sweep SET
    cursor = $2, examined = examined + $3, found = found + $4,
    rounds = rounds + (CASE WHEN $2 = '' THEN 1 ELSE 0 END),
    round_began_at = CASE WHEN cursor = '' THEN $5 ELSE round_began_at END,
    round_ended_at = CASE WHEN $2 = '' THEN $5 ELSE round_ended_at END
WHERE part = $1
"""
SELECT_KNOWN_HASHES: Final = "SELECT hash FROM image WHERE hash = ANY($1::text [])"
SELECT_KNOWN_IDS: Final = """
SELECT id::text FROM image WHERE state = 'UPLOADED' AND id::text = ANY($1::text [])
UNION ALL
SELECT id::text FROM image_upload WHERE id::text = ANY($1::text [])
"""
SELECT_READY: Final = """
SELECT id, owner_id, hash, missing_since FROM image
WHERE state = 'READY' AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT $2
"""
SET_MISSING: Final = """
UPDATE image SET missing_since = CASE WHEN id = ANY($2::uuid []) THEN $3::timestamptz END
WHERE id = ANY($1::uuid []) AND state = 'READY'
"""
SELECT_GONE: Final = """
SELECT id, owner_id FROM image
WHERE missing_since < $1 AND evidence_since IS NULL ORDER BY missing_since LIMIT $2
"""
SELECT_FIGURES: Final = """
SELECT
    count(*) FILTER (WHERE state = 'UPLOADED') AS uploaded,
    count(*) FILTER (WHERE state = 'READY') AS ready,
    count(*) FILTER (WHERE state = 'REFUSED') AS refused,
    count(*) FILTER (WHERE unattached_since IS NOT NULL) AS unattached,
    count(*) FILTER (WHERE missing_since IS NOT NULL) AS missing,
    min(created_at) FILTER (WHERE state = 'UPLOADED') AS oldest_uploaded_at,
    (SELECT count(*) FROM image_upload) AS uploads_open,
    (SELECT count(*) FROM image_waste) AS waste
FROM image
"""
SELECT_TROUBLED: Final = """
SELECT
    id, owner_id, state, attempts, next_try_at, refusal, refusal_detail, missing_since, created_at
FROM image
WHERE state = 'REFUSED' OR missing_since IS NOT NULL OR attempts > 1 AND state = 'UPLOADED'
ORDER BY id DESC LIMIT $1
"""


async def take_waste(conn: Connection, limit: int) -> list[str]:
    """Objects to remove, for this transaction alone."""
    return [row["path"] for row in await conn.fetch(TAKE_WASTE, limit)]


async def delete_waste(conn: Connection, paths: Sequence[str]) -> None:
    """They are removed."""
    await conn.execute(DELETE_WASTE, list(paths))


async def add_waste(conn: Connection, paths: Sequence[str]) -> None:
    """Have objects removed."""
    await conn.execute(ADD_WASTE, list(paths))


async def delete_orphans(conn: Connection, before: datetime, limit: int) -> list[UUID]:
    """Delete images that have been on no item for long."""
    return [row["id"] for row in await conn.fetch(DELETE_ORPHANS, before, limit)]


async def delete_over(conn: Connection, before: datetime, limit: int) -> list[UUID]:
    """Delete uploads whose time is over."""
    return [row["id"] for row in await conn.fetch(DELETE_OVER, before, limit)]


async def take_sweep(conn: Connection, part: Part) -> Sweep | None:
    """Where a sweep stands, for this transaction alone."""
    row = await conn.fetchrow(TAKE_SWEEP, part)
    return Sweep(**dict(row)) if row else None


async def select_sweeps(conn: Connection) -> list[Sweep]:
    """Where all sweeps stand."""
    return [Sweep(**dict(row)) for row in await conn.fetch(SELECT_SWEEPS)]


async def move_sweep(
    conn: Connection, part: Part, cursor: str, examined: int, found: int, now: datetime
) -> None:
    """A page is done; an empty cursor ends the round."""
    await conn.execute(MOVE_SWEEP, part, cursor, examined, found, now)


async def known_hashes(conn: Connection, hashes: Sequence[str]) -> set[str]:
    """Which of these are the names of images."""
    return {row["hash"] for row in await conn.fetch(SELECT_KNOWN_HASHES, list(hashes))}


async def known_ids(conn: Connection, ids: Sequence[str]) -> set[str]:
    """Which of these wait to be decoded, or to be uploaded."""
    return {row["id"] for row in await conn.fetch(SELECT_KNOWN_IDS, list(ids))}


async def select_ready(conn: Connection, after: UUID | None, limit: int) -> list[Any]:
    """Images that should have their objects, in order of id."""
    rows: list[Any] = await conn.fetch(SELECT_READY, after, limit)
    return rows


async def set_missing(
    conn: Connection, looked: Sequence[UUID], missing: Sequence[UUID], now: datetime
) -> None:
    """Of the images that were looked at, these lack an object; the others don't any more."""
    await conn.execute(SET_MISSING, list(looked), list(missing), now)


async def select_gone(conn: Connection, before: datetime, limit: int) -> list[Any]:
    """Images that have lacked an object for long."""
    rows: list[Any] = await conn.fetch(SELECT_GONE, before, limit)
    return rows


async def select_figures(conn: Connection) -> dict[str, Any]:
    """How many images are in which state."""
    return dict(await conn.fetchrow(SELECT_FIGURES))


async def select_troubled(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Images that were refused, lack an object or needed more than one try, newest first."""
    return [dict(row) for row in await conn.fetch(SELECT_TROUBLED, limit)]
