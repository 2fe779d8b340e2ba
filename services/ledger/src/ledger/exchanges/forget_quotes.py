"""Forget promises that expired long ago."""

from datetime import datetime, timedelta
from typing import Final

from chassis.database import Connection
from ledger.exchanges import queries

KEPT_DAYS: Final = 7


async def forget_exchange_quotes(conn: Connection, *, now: datetime) -> None:
    """Delete some quotes that expired a week ago or earlier; exchanges keep what counts.

    Args:
        conn: Open transaction; the caller commits.
        now: The clock's time.
    """
    await queries.delete_old_quotes(conn, now - timedelta(days=KEPT_DAYS))
