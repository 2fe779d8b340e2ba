"""Revoke keys."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.api_keys import queries
from gateway.api_keys.errors import NoSuchKey
from gateway.sessions.end_families import end_families


async def revoke_keys(
    conn: Connection, user_id: UUID, *, key_id: UUID | None, now: datetime
) -> list[bytes]:
    """End a key of a person, or all of them, with every session that was opened by it.

    Args:
        conn: Open transaction; the caller commits, then tells the cache.
        user_id: Whose.
        key_id: Which; all if none is named.
        now: The clock's time.

    Returns:
        The hashes of all that is worth nothing now.

    Raises:
        NoSuchKey: One is named, and the person has no open key with this id.
    """
    ended = await queries.revoke_keys(conn, user_id, key_id, now)
    if key_id is not None and not ended:
        raise NoSuchKey("it is over, or it never was yours; see GET /v1/me/api-keys")
    families = await queries.end_families_of_keys(conn, list(ended), now)
    before, after = {"state": "open"}, {"state": "revoked"}
    acts = [
        Act("api_key.revoked", "api_key", str(one), before=before, after=after) for one in ended
    ]
    await record_acts(conn, *acts)
    return [*ended.values(), *await end_families(conn, families, now=now)]
