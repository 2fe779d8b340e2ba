"""Report how images stand, for operators."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from chassis.database import Connection
from marketplace.images.collecting import queries


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class SweepView(_View):
    """One comparison of storage with tables."""

    part: str
    rounds: int
    examined: int
    found: int
    under_way: bool
    round_began_at: datetime | None
    round_ended_at: datetime | None


class TroubledImage(_View):
    """An image that was refused, lacks an object or needed more than one try."""

    id: str
    owner_id: str
    state: str
    attempts: int
    refusal: str | None
    detail: str | None
    missing_since: datetime | None
    created_at: datetime


class ImagesReport(_View):
    """How images stand: by state, what waits, what the sweeps have found."""

    uploaded: int
    ready: int
    refused: int
    unattached: int
    missing: int
    uploads_open: int
    waste: int
    oldest_waits_seconds: float
    sweeps: list[SweepView]
    troubled: list[TroubledImage]


async def report_images(conn: Connection, *, now: datetime, limit: int) -> ImagesReport:
    """Count what is there and list what needs a look.

    Args:
        conn: Any connection.
        now: When.
        limit: At most this many troubled images, newest first.
    """
    figures = await queries.select_figures(conn)
    oldest = figures.pop("oldest_uploaded_at")
    waits = 0.0 if oldest is None else max((now - oldest).total_seconds(), 0.0)
    sweeps = [
        SweepView(
            part=sweep.part,
            rounds=sweep.rounds,
            examined=sweep.examined,
            found=sweep.found,
            under_way=bool(sweep.cursor),
            round_began_at=sweep.round_began_at,
            round_ended_at=sweep.round_ended_at,
        )
        for sweep in await queries.select_sweeps(conn)
    ]
    troubled = [
        TroubledImage(
            id=str(row["id"]),
            owner_id=str(row["owner_id"]),
            state=row["state"],
            attempts=row["attempts"],
            refusal=row["refusal"],
            detail=row["refusal_detail"],
            missing_since=row["missing_since"],
            created_at=row["created_at"],
        )
        for row in await queries.select_troubled(conn, limit)
    ]
    return ImagesReport(**figures, oldest_waits_seconds=waits, sweeps=sweeps, troubled=troubled)
