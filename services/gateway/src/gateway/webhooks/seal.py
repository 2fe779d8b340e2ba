"""Wrap secrets with the current key."""

from typing import Final

from chassis.database import Connection
from gateway.vault.keyring import Keyring
from gateway.webhooks import queries
from gateway.webhooks.sealing import wrapped_anew

BATCH_MAX: Final = 200


async def seal_secrets(conn: Connection, keyring: Keyring, *, limit: int = BATCH_MAX) -> int:
    """Wrap the next secrets that are in the clear, or that an older key wraps.

    It goes on where it was broken off, several at once share the work, and meanwhile everything is
    read as it stands.

    Args:
        conn: Open transaction; the caller commits.
        keyring: The keys.
        limit: At most this many.

    Returns:
        How many were wrapped; none when all are, or others are at them.
    """
    stale = await queries.lock_stale(conn, keyring.keys().current, limit)
    for one in stale:
        await queries.seal_secret(conn, one.id, *wrapped_anew(keyring, one))
    return len(stale)
