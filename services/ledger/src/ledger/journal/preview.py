"""Decide transfers as they would be now, and write nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.journal import queries
from ledger.journal.lifecycle import decide, posting_time
from ledger.journal.models import Position, Transfer, Verdict


async def preview_transfers(
    conn: Connection, wanted: Sequence[Transfer], *, unopened: Iterable[Position], now: datetime
) -> tuple[list[Verdict], Mapping[UUID, Position]]:
    """What posting would answer now; nothing is locked, written or recorded.

    Args:
        conn: Any connection.
        wanted: As for posting.
        unopened: The system's accounts as posting would open them first.
        now: The clock's time.

    Returns:
        A verdict for each, in order, and the positions that they were decided on.
    """
    ids = {movement.account_id for one in wanted for movement in one.movements}
    fresh = {one.account_id: one for one in unopened}
    positions = fresh | await queries.select_positions(conn, sorted(ids))
    if any(one.velocity for one in positions.values()):
        positions = await queries.add_outflows(conn, positions, posting_time(positions, now))
    return decide(positions, wanted, now), positions
