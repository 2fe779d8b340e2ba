"""Read a monitor."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.monitors import queries
from ledger.monitors.errors import NoSuchMonitor
from ledger.monitors.models import Crossing, Monitor
from ledger.reach import Reach

NEWEST: Final = 20


async def read_monitor(
    conn: Connection, monitor_id: UUID, *, owner: UUID, reach: Reach
) -> tuple[Monitor, list[Crossing]]:
    """A monitor with its newest crossings, also when it has ended.

    Args:
        conn: Any connection.
        monitor_id: Which.
        owner: Whose.
        reach: Only of an account in it: a role that was taken away shows no more.

    Raises:
        NoSuchMonitor: There is none, or it is somebody else's.
    """
    found = await queries.select_monitor(conn, monitor_id, owner, reach)
    if found is None:
        raise NoSuchMonitor("there is no monitor with this id among yours")
    return found, await queries.select_crossings(conn, monitor_id, NEWEST)
