"""Forget addresses that were left."""

from datetime import datetime

from chassis.database import Connection
from gateway.users import queries


async def forget_former(conn: Connection, before: datetime) -> None:
    """Forget addresses that were given up before a time, a bounded number.

    Args:
        conn: Open transaction; the caller commits.
        before: When.
    """
    await queries.delete_old_former(conn, before)
