"""Find where people can be written to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from gateway.users import queries
from gateway.users.models import Recipient

#: How long an address that was replaced still hears of what concerns its person's safety.
FORMER: Final = timedelta(days=3)


async def find_recipients(
    conn: Connection, people: Sequence[UUID], *, now: datetime
) -> dict[UUID, Recipient]:
    """Names and addresses of people; whoever has left is not there.

    Args:
        conn: To the database.
        people: Whose.
        now: The clock's time.
    """
    return await queries.select_recipients(conn, people, now - FORMER)
