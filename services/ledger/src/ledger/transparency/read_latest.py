"""Read the newest checkpoint."""

from chassis.database import Connection
from ledger.transparency import queries
from ledger.transparency.models import SignedCheckpoint


async def read_latest_checkpoint(conn: Connection) -> SignedCheckpoint | None:
    """The newest signed checkpoint; nothing while none was signed.

    Args:
        conn: Any connection.
    """
    return await queries.select_latest(conn)
