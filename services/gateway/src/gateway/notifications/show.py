"""Show how a person wants to hear what."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.notifications import queries
from gateway.notifications.lifecycle import KINDS, is_security
from gateway.notifications.models import ChoiceView, PreferencesView
from gateway.profiles.find_settings import find_settings
from gateway.users.find_recipients import find_recipients


async def show_preferences(conn: Connection, user_id: UUID, *, now: datetime) -> PreferencesView:
    """Every kind, as it is told to a person.

    Args:
        conn: To the database.
        user_id: Whose.
        now: The clock's time.
    """
    habits = (await queries.select_habits(conn, [user_id]))[user_id]
    zone, _ = (await find_settings(conn, [user_id])).get(user_id, ("UTC", ""))
    known = (await find_recipients(conn, [user_id], now=now)).get(user_id)
    return PreferencesView(
        version=habits.version,
        digest_hour=habits.digest_hour,
        digest_weekday=habits.digest_weekday,
        time_zone=zone,
        email_verified=known is not None and known.verified,
        kinds={
            kind: ChoiceView(changeable=not is_security(kind), **habits.choice(kind)._asdict())
            for kind in KINDS
        },
    )
