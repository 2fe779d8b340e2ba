"""Have ratings that changed of late brought into documents once more."""

from datetime import datetime, timedelta
from typing import Final

from chassis.database import Connection
from search.sellers import queries

#: The clocks of machines differ.
MARGIN: Final = timedelta(hours=1)


async def spread_since(conn: Connection, since: datetime) -> None:
    """Have all documents looked at of sellers whose rating has changed since then.

    Args:
        conn: Open transaction; the caller commits.
        since: By any clock that is right within an hour.
    """
    await queries.spread_since(conn, since - MARGIN)
