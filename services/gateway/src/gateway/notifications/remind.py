"""Remind of a gift that is about to expire."""

from datetime import UTC, datetime

from chassis.database import Connection
from gateway.notifications.notices import notice_of_reminder
from gateway.notifications.notify import notify_people


async def remind_of_gift(conn: Connection, key: str, now: datetime) -> None:
    """Tell a person that a gift ends soon; what they have spent of it is theirs to know.

    Args:
        conn: Open transaction, in which the timer was taken; the worker commits.
        key: Of the timer: person, gift, amount, asset and day.
        now: The clock's time.
    """
    today = datetime.now(UTC)
    await notify_people(conn, [notice_of_reminder(key, today)], now=now, today=today)
