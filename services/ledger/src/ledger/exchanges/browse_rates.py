"""Page through rates."""

from uuid import UUID

from chassis.database import Connection
from ledger.exchanges import queries
from ledger.exchanges.models import Rate


async def browse_rates(
    conn: Connection,
    *,
    from_asset: str | None,
    to_asset: str | None,
    before: UUID | None,
    limit: int,
) -> tuple[list[Rate], str | None]:
    """A page of versions, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        from_asset: Only of what is sold.
        to_asset: Only of what is bought.
        before: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_rates(conn, from_asset, to_asset, before, limit + 1)
    page = found[:limit]
    return page, str(page[-1].id) if len(found) > limit else None
