"""Begin to make an index anew."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from search.indexing.mapping import MAPPING_VERSION
from search.reindexing import queries
from search.reindexing.models import Cause, Reindexing


async def begin_reindexing(
    conn: Connection,
    cause: Cause,
    *,
    reindexing_id: UUID,
    now: datetime,
    by: UUID | None = None,
    index: tuple[str, str] | None = None,
) -> Reindexing:
    """Begin, unless one is open: then that is the one.

    Args:
        conn: Open transaction; the caller commits.
        cause: Why.
        reindexing_id: For a new one.
        now: The clock's time.
        by: Who asked.
        index: Name and the engine's id of an index that is there; else a new one is made.

    Returns:
        The one that is open now.
    """
    name, uuid = index or (f"items-v{MAPPING_VERSION}-{reindexing_id.hex[-12:]}", None)
    new = Reindexing(reindexing_id, cause, "filling", name, uuid, now, now)
    if await queries.insert_reindexing(conn, new, by=by):
        return new
    return await queries.select_open(conn) or new
