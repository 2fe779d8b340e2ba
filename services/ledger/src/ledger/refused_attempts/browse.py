"""Page through refused attempts."""

from typing import Final

from chassis.database import Connection
from ledger.refused_attempts import queries
from ledger.refused_attempts.models import Filters, RefusedAttempt

NEWEST: Final = 2**63 - 1


async def browse_refused_attempts(
    conn: Connection, filters: Filters, *, before: int | None = None, limit: int
) -> tuple[list[RefusedAttempt], str | None]:
    """A page of refused attempts, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        filters: By account, by who tried, by rule, by time.
        before: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_attempts(conn, filters, before or NEWEST, limit + 1)
    page = found[:limit]
    return page, str(page[-1].id) if len(found) > limit else None
