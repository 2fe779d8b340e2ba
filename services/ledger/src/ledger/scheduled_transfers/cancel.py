"""Call a transfer for later off."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.timers import cancel_timer
from ledger.reach import Reach
from ledger.scheduled_transfers import queries
from ledger.scheduled_transfers.errors import NoSuchScheduledTransfer
from ledger.scheduled_transfers.lifecycle import event_of, settle
from ledger.scheduled_transfers.models import Scheduled
from ledger.scheduled_transfers.schedule import DUE


async def cancel_scheduled(
    conn: Connection, scheduled_id: UUID, *, reach: Reach, now: datetime
) -> Scheduled:
    """Call a transfer for later off, unless it was carried out before.

    Its timer goes first, because the worker holds it when it comes: in another order the two could
    wait for each other.

    Args:
        conn: Open transaction; the caller commits.
        scheduled_id: Which.
        reach: Only if it is in it.
        now: The clock's time.

    Raises:
        NoSuchScheduledTransfer: There is none, or it is somebody else's.
        ScheduledOver: It was carried out, has failed or was called off.

    Emits:
        ScheduledTransferCancelled on `ledger.scheduled_transfers.v1`.
    """
    if await queries.select_scheduled(conn, scheduled_id, reach) is None:
        raise NoSuchScheduledTransfer("there is no transfer for later with this id among yours")
    await cancel_timer(conn, DUE, str(scheduled_id))
    [found] = await queries.lock_scheduled(conn, [scheduled_id])
    after = settle(found, None, now)
    await queries.update_scheduled(conn, [after])
    await emit(conn, event_of(after))
    return after
