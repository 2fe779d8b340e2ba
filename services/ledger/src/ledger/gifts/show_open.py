"""Show what is left of an account's gifts."""

from uuid import UUID

from chassis.database import Connection
from ledger.gifts import queries
from ledger.gifts.models import Lot


async def show_open_gifts(conn: Connection, account_id: UUID, *, limit: int) -> list[Lot]:
    """The gifts that an account still has something of, those that expire first first.

    Args:
        conn: Any connection.
        account_id: Which; one of another type than GIFT has none.
        limit: At most this many.
    """
    return await queries.select_open(conn, account_id, limit)
