"""Wrap data keys anew with the current key."""

from datetime import datetime
from typing import Final

from chassis.database import Connection
from gateway.vault import queries
from gateway.vault.keyring import Keyring, key_context

BATCH_MAX: Final = 200


async def rewrap_keys(
    conn: Connection, keyring: Keyring, *, now: datetime, limit: int = BATCH_MAX
) -> int:
    """Wrap the next data keys that an older key wraps. Fields are not touched.

    It goes on where it was broken off, several at once share the work, and meanwhile everything is
    read with whichever key wraps it.

    Args:
        conn: Open transaction; the caller commits.
        keyring: The keys.
        now: The clock's time.
        limit: At most this many.

    Returns:
        How many were wrapped anew; none when all are, or others are at them.
    """
    old = await queries.lock_old_keys(conn, keyring.keys().current, limit)
    for key in old:
        if key.wrapping_key is None or key.wrapped is None:
            continue
        about = key_context(key.user_id, key.id)
        data_key = keyring.unwrap(key.wrapping_key, key.wrapped, about)
        name, wrapped = keyring.wrap(data_key, about)
        await queries.update_wrapping(conn, key.user_id, name, wrapped, now)
    return len(old)
