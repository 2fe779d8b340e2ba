"""Statements of profiles."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from gateway.profiles.lifecycle import NONE_YET, Progress
from gateway.profiles.models import Preferences

SELECT_PROFILE: Final = """
SELECT version, time_zone, language, currency, mascot, domains, city, neighbourhood
FROM profile WHERE user_id = $1
"""
LOCK_OWNER: Final = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE"
UPSERT_PROFILE: Final = """
INSERT INTO profile (
    user_id, version, time_zone, language, currency, mascot, domains, city, neighbourhood,
    changed_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (user_id) DO UPDATE SET
    version = $2, time_zone = $3, language = $4, currency = $5, mascot = $6, domains = $7,
    city = $8, neighbourhood = $9, changed_at = $10
"""
SELECT_ZONES: Final = """
SELECT user_id, time_zone FROM profile WHERE user_id = ANY($1::uuid [])
"""
SELECT_SETTINGS: Final = """
SELECT user_id, time_zone, language FROM profile WHERE user_id = ANY($1::uuid [])
"""
SELECT_LAST_LOGIN: Final = "SELECT last_login_at FROM users WHERE id = $1"
BEGIN_PROGRESS: Final = """
INSERT INTO progress (user_id, points, day, points_of_day, streak_days, longest_streak_days)
SELECT user_id, 0, $2, 0, 1, 1 FROM unnest($1::uuid []) AS new (user_id)
ON CONFLICT (user_id) DO NOTHING
"""
LOCK_PROGRESS: Final = """
SELECT user_id, points, day, points_of_day, streak_days, longest_streak_days
FROM progress WHERE user_id = ANY($1::uuid []) ORDER BY user_id FOR UPDATE
"""
SELECT_PROGRESS: Final = """
SELECT user_id, points, day, points_of_day, streak_days, longest_streak_days
FROM progress WHERE user_id = $1
"""
UPDATE_PROGRESS: Final = """
UPDATE progress AS p
SET
    points = n.points, day = n.day, points_of_day = n.points_of_day,
    streak_days = n.streak_days, longest_streak_days = n.longest_streak_days
FROM unnest($1::uuid [], $2::bigint [], $3::date [], $4::int [], $5::int [], $6::int [])
AS n (user_id, points, day, points_of_day, streak_days, longest_streak_days)
WHERE p.user_id = n.user_id
"""


async def select_profile(conn: Connection, user_id: UUID) -> Preferences:
    """What a person has said of themselves."""
    row = await conn.fetchrow(SELECT_PROFILE, user_id)
    return Preferences(**dict(row)) if row else Preferences()


async def lock_profile(conn: Connection, user_id: UUID) -> Preferences:
    """The same, with the person locked."""
    await conn.execute(LOCK_OWNER, user_id)
    return await select_profile(conn, user_id)


async def upsert_profile(conn: Connection, user_id: UUID, said: Preferences, now: datetime) -> None:
    """Keep what a person says of themselves."""
    await conn.execute(
        UPSERT_PROFILE,
        user_id,
        said.version,
        said.time_zone,
        said.language,
        said.currency,
        said.mascot,
        list(said.domains),
        said.city,
        said.neighbourhood,
        now,
    )


async def select_zones(conn: Connection, people: Sequence[UUID]) -> dict[UUID, str]:
    """Where people are, as far as they have said."""
    rows = await conn.fetch(SELECT_ZONES, list(people))
    return {row["user_id"]: row["time_zone"] for row in rows}


async def select_settings(conn: Connection, people: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Zones and languages of people, as far as they have said."""
    rows = await conn.fetch(SELECT_SETTINGS, list(people))
    return {row["user_id"]: (row["time_zone"], row["language"]) for row in rows}


async def select_last_login(conn: Connection, user_id: UUID) -> datetime | None:
    """When a person logged in last."""
    found: datetime | None = await conn.fetchval(SELECT_LAST_LOGIN, user_id)
    return found


async def lock_progress(conn: Connection, people: Sequence[UUID]) -> dict[UUID, Progress]:
    """How far people have come, each with a row, locked in the order of ids."""
    ordered = sorted(people)
    await conn.execute(BEGIN_PROGRESS, ordered, NONE_YET.day)
    return {row["user_id"]: _progress(row) for row in await conn.fetch(LOCK_PROGRESS, ordered)}


async def select_progress(conn: Connection, user_id: UUID) -> Progress:
    """How far a person has come."""
    row = await conn.fetchrow(SELECT_PROGRESS, user_id)
    return _progress(row) if row else NONE_YET


async def update_progress(conn: Connection, moved: Mapping[UUID, Progress]) -> None:
    """Keep how far people have come."""
    kept = list(moved.values())
    await conn.execute(
        UPDATE_PROGRESS,
        list(moved),
        [one.points for one in kept],
        [one.day for one in kept],
        [one.points_of_day for one in kept],
        [one.streak_days for one in kept],
        [one.longest_streak_days for one in kept],
    )


def _progress(row: Any) -> Progress:
    return Progress(
        row["points"],
        row["day"],
        row["points_of_day"],
        row["streak_days"],
        row["longest_streak_days"],
    )
