"""List a person's keys."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.api_keys import queries
from gateway.api_keys.models import KeyView


async def browse_keys(
    conn: Connection, user_id: UUID, *, now: datetime, limit: int
) -> list[KeyView]:
    """A person's open keys, the newest first.

    Args:
        conn: To the database.
        user_id: Whose.
        now: The clock's time.
        limit: At most this many.
    """
    return await queries.select_keys(conn, user_id, now, limit)
