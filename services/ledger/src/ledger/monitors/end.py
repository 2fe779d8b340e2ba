"""Stop watching."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.monitors import queries
from ledger.monitors.errors import NoSuchMonitor
from ledger.reach import EVERYTHING


async def end_monitor(conn: Connection, monitor_id: UUID, *, owner: UUID, now: datetime) -> None:
    """End a monitor; what it told is kept. A repeat changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        monitor_id: Which.
        owner: Whose.
        now: The clock's time.

    Raises:
        NoSuchMonitor: There is none, or it is somebody else's.
    """
    if await queries.select_monitor(conn, monitor_id, owner, EVERYTHING) is None:
        raise NoSuchMonitor("there is no monitor with this id among yours")
    await queries.end_monitor(conn, monitor_id, owner, now)
