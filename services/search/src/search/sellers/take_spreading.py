"""Take sellers whose documents may have another rating."""

from chassis.database import Connection
from search.sellers import queries
from search.sellers.models import Spreading


async def take_spreading(conn: Connection, limit: int) -> list[Spreading]:
    """Sellers whose documents may have another rating, which changes no more until the commit.

    Args:
        conn: Open transaction; the caller commits.
        limit: At most this many, those first that wait longest; who is taken is passed over.
    """
    return await queries.take_spreading(conn, limit)
