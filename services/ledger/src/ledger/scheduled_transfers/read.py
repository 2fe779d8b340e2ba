"""Read a transfer for later."""

from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.scheduled_transfers import queries
from ledger.scheduled_transfers.errors import NoSuchScheduledTransfer
from ledger.scheduled_transfers.models import Scheduled


async def read_scheduled(conn: Connection, scheduled_id: UUID, *, reach: Reach) -> Scheduled:
    """A transfer for later as it stands.

    Args:
        conn: Any connection.
        scheduled_id: Which.
        reach: Only if it is in it.

    Raises:
        NoSuchScheduledTransfer: There is none, or it is somebody else's.
    """
    found = await queries.select_scheduled(conn, scheduled_id, reach)
    if found is None:
        raise NoSuchScheduledTransfer("there is no transfer for later with this id among yours")
    return found
