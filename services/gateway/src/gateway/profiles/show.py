"""Show a person to themselves."""

from datetime import datetime

from chassis.database import Connection
from gateway.profiles import queries
from gateway.profiles.lifecycle import day_of, level_of, streak_on
from gateway.profiles.models import ProfileView, ProgressView
from gateway.users.models import User


async def show_profile(conn: Connection, user: User, *, now: datetime) -> ProfileView:
    """All that a person has said of themselves, and how far they have come.

    Args:
        conn: To the database.
        user: Who.
        now: The clock's time: a streak ends with a day that went by.
    """
    said = await queries.select_profile(conn, user.id)
    progress = await queries.select_progress(conn, user.id)
    return ProfileView(
        **said.model_dump(),
        user_id=user.id,
        display_name=user.display_name,
        community=user.community,
        roles=list(user.roles),
        member_since=user.created_at,
        last_login_at=await queries.select_last_login(conn, user.id),
        progress=ProgressView(
            points=progress.points,
            level=level_of(progress.points),
            streak_days=streak_on(progress, day_of(now, said.time_zone)),
            longest_streak_days=progress.longest_streak_days if progress.points else 0,
        ),
    )
