"""Find promises, to keep them."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from ledger.fees import queries
from ledger.fees.models import Quote


async def find_quotes(conn: Connection, ids: Iterable[UUID], *, owner: UUID) -> dict[UUID, Quote]:
    """Promises that were made to somebody; others are left out.

    Args:
        conn: Any connection.
        ids: Which; none is fine.
        owner: To whom they were made.
    """
    wanted = sorted(set(ids))
    return await queries.select_quotes(conn, wanted, owner) if wanted else {}
