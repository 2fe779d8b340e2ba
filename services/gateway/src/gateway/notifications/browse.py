"""Browse one's notifications."""

from uuid import UUID

from chassis.database import Connection
from gateway.notifications import queries
from gateway.notifications.models import NotificationPage, NotificationView
from gateway.notifications.words import headline, language_of
from gateway.profiles.find_settings import find_settings


async def browse_notifications(
    conn: Connection, user_id: UUID, *, cursor: UUID | None, unread: bool, limit: int
) -> NotificationPage:
    """What a person was told, newest first, and how much of it is unread.

    Args:
        conn: To the database.
        user_id: Whose.
        cursor: The last one of the page before.
        unread: Only those that are unread.
        limit: At most this many.
    """
    rows = await queries.select_page(conn, user_id, cursor, unread=unread, limit=limit + 1)
    count = (await queries.count_unreads(conn, [user_id]))[user_id]
    said = (await find_settings(conn, [user_id])).get(user_id, ("", ""))
    page = [
        NotificationView(title=headline(language_of(said[1]), row["kind"], row["data"]), **row)
        for row in rows[:limit]
    ]
    return NotificationPage(
        notifications=page,
        unread_count=count,
        next_cursor=page[-1].id if len(rows) > limit else None,
    )
