"""Read a transfer."""

from uuid import UUID

from chassis.context import look
from chassis.database import Connection
from ledger.reach import Reach
from ledger.transfers import queries
from ledger.transfers.errors import NoSuchTransfer
from ledger.transfers.models import Recorded


async def read_transfer(conn: Connection, transfer_id: UUID, *, reach: Reach) -> Recorded:
    """A transfer with all its sides.

    Args:
        conn: Any connection.
        transfer_id: Which.
        reach: Only if it moved an account in it.

    Raises:
        NoSuchTransfer: There is none, or it concerns somebody else.
    """
    found = await queries.select_transfer(conn, transfer_id, reach)
    if found is None:
        raise NoSuchTransfer("there is no transfer with this id among those that you may see")
    if reach.has_power:
        look(*(side.owner_id for side in found.sides))
    return found
