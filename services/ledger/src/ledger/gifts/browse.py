"""Page through gifts."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from ledger.gifts import queries
from ledger.gifts.models import Direction, Lot, LotState


async def browse_gifts(
    conn: Connection,
    accounts: Sequence[UUID],
    *,
    direction: Direction,
    state: LotState | None = None,
    before: UUID | None = None,
    limit: int,
) -> tuple[list[Lot], UUID | None]:
    """A page of gifts, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        accounts: Those that received, or gave, them.
        direction: Whether the accounts received or gave.
        state: Only in this state.
        before: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_page(
        conn,
        accounts,
        given=direction == "given",
        state=state,
        before=before,
        limit=limit + 1,
    )
    page = found[:limit]
    return page, page[-1].id if len(found) > limit else None
