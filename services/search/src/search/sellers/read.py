"""Read what sellers' ratings come to."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from chassis.database import Connection
from search.sellers import queries
from search.sellers.models import SellerRating


async def read_ratings(conn: Connection, sellers: Iterable[UUID]) -> Mapping[UUID, SellerRating]:
    """Ratings of those sellers who have some.

    Args:
        conn: Any connection; each call reads what is committed by then.
        sellers: Whose.
    """
    return await queries.select_ratings(conn, sorted(set(sellers)))
