"""Page through price lists."""

from uuid import UUID

from chassis.database import Connection
from ledger.fees import queries
from ledger.fees.models import Schedule


async def browse_schedules(
    conn: Connection,
    *,
    operation: str | None,
    community: str | None,
    before: UUID | None,
    limit: int,
) -> tuple[list[Schedule], str | None]:
    """A page of versions, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        operation: Only of this operation.
        community: Only for this community, or for all.
        before: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_versions(conn, operation, community, before, limit + 1)
    page = found[:limit]
    return page, str(page[-1].id) if len(found) > limit else None
