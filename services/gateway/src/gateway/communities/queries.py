"""Statements of communities."""

from datetime import datetime
from typing import Any, Final

from chassis.database import Connection
from gateway.communities.models import Community, State

INSERT_COMMUNITY: Final = """
INSERT INTO community (slug, name, asset, state, version, opened_at, opened_by, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT ON CONSTRAINT community_once DO NOTHING
"""
LOCK_COMMUNITY: Final = """
SELECT slug, name, asset, state, version, opened_at, opened_by, changed_at FROM community
WHERE slug = $1 FOR NO KEY UPDATE
"""
UPDATE_STATE: Final = """
UPDATE community SET state = $2, version = version + 1, changed_at = $3
WHERE slug = $1 RETURNING version
"""
SELECT_COMMUNITIES: Final = """
SELECT slug, name, asset, state, version, opened_at, opened_by, changed_at FROM community
WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR slug > $2)
ORDER BY slug LIMIT $3
"""
LOCK_UNTOLD: Final = """
SELECT slug, name, asset, state, version, opened_at, opened_by, changed_at FROM community
WHERE version = 0 ORDER BY slug LIMIT 100 FOR NO KEY UPDATE
"""


async def insert_community(conn: Connection, one: Community) -> bool:
    """Write a community; False when there is one by that slug."""
    written = await conn.execute(
        INSERT_COMMUNITY,
        one.slug,
        one.name,
        one.asset,
        one.state,
        one.version,
        one.opened_at,
        one.opened_by,
        one.changed_at,
    )
    return bool(written.endswith(" 1"))


async def lock_community(conn: Connection, slug: str) -> Community | None:
    """The community, locked."""
    row = await conn.fetchrow(LOCK_COMMUNITY, slug)
    return _read(row) if row else None


async def update_state(conn: Connection, slug: str, state: State, now: datetime) -> int:
    """Write its state; returns the new version."""
    version: int = await conn.fetchval(UPDATE_STATE, slug, state, now)
    return version


async def select_communities(
    conn: Connection, state: State | None, after: str | None, limit: int
) -> list[Community]:
    """A page, by slug."""
    return [_read(row) for row in await conn.fetch(SELECT_COMMUNITIES, state, after, limit)]


async def lock_untold(conn: Connection) -> list[Community]:
    """Those that no event has told of, a bounded number, locked."""
    return [_read(row) for row in await conn.fetch(LOCK_UNTOLD)]


def _read(row: Any) -> Community:
    return Community(**dict(row))
