"""Earn points."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.profiles import queries
from gateway.profiles.lifecycle import advance, day_of


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that a person did, and what it is worth."""

    user_id: UUID
    points: int
    at: datetime


async def earn_points(conn: Connection, deeds: Sequence[Deed]) -> None:
    """Let points and streaks grow, by days in each person's time zone.

    Args:
        conn: Open transaction; the caller commits.
        deeds: In the order in which they are told.
    """
    if not deeds:
        return
    people = sorted({deed.user_id for deed in deeds})
    zones = await queries.select_zones(conn, people)
    progress = await queries.lock_progress(conn, people)
    for deed in deeds:
        day = day_of(deed.at, zones.get(deed.user_id, "UTC"))
        progress[deed.user_id] = advance(progress[deed.user_id], day, deed.points)
    await queries.update_progress(conn, progress)
