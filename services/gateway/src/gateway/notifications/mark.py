"""Mark notifications as read."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.notifications import queries
from gateway.notifications.errors import NoSuchNotification
from gateway.notifications.models import Read, Unread


async def mark_read(conn: Connection, user_id: UUID, read: Read, *, now: datetime) -> Unread:
    """Note that a person has read some of their notifications, or all up to one.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose.
        read: Which.
        now: The clock's time.

    Raises:
        NoSuchNotification: One of them is not theirs; nothing is marked.
    """
    named = {one for one in (*(read.ids or ()), read.up_to) if one is not None}
    missing = named - await queries.select_own(conn, user_id, sorted(named))
    if missing:
        ids = sorted(str(one) for one in missing)
        raise NoSuchNotification("see GET /v1/notifications", missing=ids)
    await queries.mark_read(conn, user_id, read.ids, read.up_to, now)
    left = await queries.count_unreads(conn, [user_id])
    return Unread(unread_count=left[user_id])
