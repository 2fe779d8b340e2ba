"""Look into object storage for checkpoints that the database does not know of."""

from chassis.copies import Copies
from chassis.database import Connection
from chassis.notes import Checkpoint, SignerKey, VerifierKey
from ledger.transparency import queries
from ledger.transparency.sign import read_signed


async def look_ahead(conn: Connection, copies: Copies, signer: SignerKey) -> Checkpoint | None:
    """The newest copied checkpoint: the database must know it before anything is signed.

    Args:
        conn: Any connection.
        copies: Object storage.
        signer: The log's key.

    Returns:
        The checkpoint; nothing if the database is at least as new and agrees.

    Raises:
        CopiesAway: No answer.
        LogClosed: What lies there was not signed by this log.

    Source:
        docs/concepts/transparency.md, "After a restore"
    """
    latest = await queries.select_latest(conn)
    # From the newest size on, not after it: a copy of the same size must be the same one.
    note = await copies.newest_after(max(latest.size - 1, 0) if latest else 0)
    if note is None:
        return None
    keys = [VerifierKey.parse(key) for key in await queries.select_keys(conn)]
    return read_signed(note, signer, keys)
