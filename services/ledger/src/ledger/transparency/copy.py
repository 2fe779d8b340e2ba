"""Put the newest checkpoint into object storage."""

from datetime import datetime

from chassis.copies import Copies
from chassis.database import Connection
from ledger.transparency import queries
from ledger.transparency.errors import LogClosed


async def copy_checkpoint(conn: Connection, copies: Copies, *, now: datetime) -> int | None:
    """Copy the newest checkpoint that is not there yet; those skipped are covered by it.

    Outside a transaction, as the wait for the other side would hold it open. A repeat does no harm.

    Args:
        conn: A connection.
        copies: Object storage.
        now: The clock's time.

    Returns:
        The size that was copied; nothing if all is there.

    Raises:
        CopiesAway: No answer.
        LogClosed: Another checkpoint of this size is there.
    """
    newest = await queries.select_uncopied(conn)
    if newest is None:
        return None
    there = await copies.put(newest.size, newest.note)
    if there != newest.note:
        raise LogClosed(f"object storage has another checkpoint of {newest.size} leaves")
    await queries.insert_copy(conn, newest.size, now)
    return newest.size
