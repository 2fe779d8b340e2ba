"""Tell how far an import is."""

from uuid import UUID

from chassis.database import Connection
from ledger.histories import queries
from ledger.histories.errors import NoSuchImport
from ledger.histories.models import HistoryImport, Refusal
from ledger.reach import EVERYTHING, Reach


async def read_import(
    conn: Connection, import_id: UUID, *, reach: Reach = EVERYTHING, after: int, limit: int
) -> tuple[HistoryImport, list[Refusal]]:
    """An import and a page of the rows that were refused.

    Args:
        conn: Any connection.
        import_id: Of `begin_import`.
        reach: Only if its community is in it.
        after: Refused rows behind this one.
        limit: At most so many.

    Raises:
        NoSuchImport: There is none, or it is beyond the reach.
    """
    found = await queries.select_import(conn, import_id)
    if found is None or not reach.covers(None, found.community):
        raise NoSuchImport("there is no such import")
    return found, await queries.select_refusals(conn, import_id, after, limit)
