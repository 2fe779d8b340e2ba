"""Statements of reindexing."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from search.reindexing.models import Reindexing

INSERT_REINDEXING: Final = """
INSERT INTO reindexing (
    reindexing_id, cause, state, index_name, index_uuid, positions, ends, documents, detail,
    asked_by, started_at, changed_at, leased_until
) VALUES ($1, $2, 'filling', $3, $4, '{}', '{}', 0, '', $5, $6, $6, $6)
ON CONFLICT ((TRUE)) WHERE ended_at IS NULL DO NOTHING
"""
#: Whoever has it works on it alone; a process that died lets go when its lease is over.
LEASE: Final = """
UPDATE reindexing SET leased_until = $2 WHERE ended_at IS NULL AND leased_until <= $1
RETURNING reindexing_id, cause, state, index_name, index_uuid, started_at, changed_at, positions,
    ends, documents, detail, ended_at
"""
UPDATE_REINDEXING: Final = """
UPDATE reindexing SET state = $2, index_uuid = $3, positions = $4, ends = $5, documents = $6,
    detail = $7, changed_at = $8, ended_at = $9, leased_until = $10
WHERE reindexing_id = $1 AND ended_at IS NULL
"""
RELEASE: Final = "UPDATE reindexing SET leased_until = $2 WHERE reindexing_id = $1"
SELECT_REINDEXING: Final = """
SELECT reindexing_id, cause, state, index_name, index_uuid, started_at, changed_at, positions,
    ends, documents, detail, ended_at
FROM reindexing WHERE $1::uuid IS NULL OR reindexing_id = $1 ORDER BY started_at DESC LIMIT $2
"""
SELECT_OPEN: Final = """
SELECT reindexing_id, cause, state, index_name, index_uuid, started_at, changed_at, positions,
    ends, documents, detail, ended_at
FROM reindexing WHERE ended_at IS NULL
"""
IS_KNOWN: Final = "SELECT EXISTS (SELECT FROM reindexing WHERE index_uuid = $1)"
#: Until the transaction ends, nobody reads from one index what they then write to another.
MOVE_WRITES: Final = "SELECT pg_advisory_xact_lock(hashtext('search.writes'))"


async def insert_reindexing(
    conn: Connection,
    one: Reindexing,
    *,
    by: UUID | None,
) -> bool:
    """Begin; False when another one is open."""
    done: str = await conn.execute(
        INSERT_REINDEXING,
        one.reindexing_id,
        one.cause,
        one.index_name,
        one.index_uuid,
        by,
        one.started_at,
    )
    return done.endswith(" 1")


async def lease(conn: Connection, now: datetime, length: timedelta) -> Reindexing | None:
    """The open one, for this process alone until the lease is over."""
    row = await conn.fetchrow(LEASE, now, now + length)
    return _read(row) if row else None


async def update_reindexing(conn: Connection, one: Reindexing, *, leased_until: datetime) -> None:
    """Write how far it is."""
    await conn.execute(
        UPDATE_REINDEXING,
        one.reindexing_id,
        one.state,
        one.index_uuid,
        {str(part): offset for part, offset in one.positions.items()},
        {str(part): offset for part, offset in one.ends.items()},
        one.documents,
        one.detail,
        one.changed_at,
        one.ended_at,
        leased_until,
    )


async def release(conn: Connection, reindexing_id: UUID, now: datetime) -> None:
    """Let others work on it."""
    await conn.execute(RELEASE, reindexing_id, now)


async def select_reindexings(
    conn: Connection, reindexing_id: UUID | None, limit: int
) -> list[Reindexing]:
    """One, or the newest."""
    return [_read(row) for row in await conn.fetch(SELECT_REINDEXING, reindexing_id, limit)]


async def select_open(conn: Connection) -> Reindexing | None:
    """The one that is not over."""
    row = await conn.fetchrow(SELECT_OPEN)
    return _read(row) if row else None


async def is_known(conn: Connection, index_uuid: str) -> bool:
    """Whether this index was filled, or is."""
    return bool(await conn.fetchval(IS_KNOWN, index_uuid))


def _read(row: Any) -> Reindexing:
    facts = dict(row)
    for name in ("positions", "ends"):
        facts[name] = {int(part): offset for part, offset in facts[name].items()}
    return Reindexing(**facts)
