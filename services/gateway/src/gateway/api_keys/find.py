"""Find what an API key stands for."""

from datetime import datetime

from chassis.database import Connection
from gateway.api_keys import queries
from gateway.api_keys.lifecycle import NOTE_EVERY
from gateway.sessions.models import Session


async def find_key(conn: Connection, token_hash: bytes, now: datetime) -> Session | None:
    """What whoever shows an open key may do: what its person may, as far as its scopes go.

    Args:
        conn: To the database.
        token_hash: SHA-256 of the key.
        now: The clock's time.

    Returns:
        A session that is as long as the key; nothing when the key is unknown or over.
    """
    key = await queries.find_open_key(conn, token_hash, now)
    if key is None:
        return None
    if key.last_used_at is None or now - key.last_used_at >= NOTE_EVERY:
        await queries.note_use(conn, key.id, now)
    return Session(key.id, key.user, key.expires_at, scopes=key.scopes)
