"""Have sellers' ratings brought into their documents once more."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from search.sellers import queries


async def spread_again(conn: Connection, sellers: Iterable[UUID]) -> None:
    """Have all documents of these sellers looked at, from the first one on.

    Args:
        conn: Open transaction; the caller commits.
        sellers: Whose; locked in order of id.
    """
    await queries.spread_again(conn, sorted(set(sellers)))
