"""Page through groups."""

from uuid import UUID

from chassis.database import Connection
from ledger.groups import queries
from ledger.groups.models import Group


async def browse_groups(
    conn: Connection, *, owner: UUID | None, before: UUID | None = None, limit: int
) -> tuple[list[Group], UUID | None]:
    """A page of groups, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        owner: Only theirs; nothing for everybody's.
        before: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_groups(conn, owner, before, limit + 1)
    page = found[:limit]
    return page, page[-1].id if len(found) > limit else None
