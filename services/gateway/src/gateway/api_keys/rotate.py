"""Rotate a key."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.api_keys import queries
from gateway.api_keys.errors import KeyRotated, NoSuchKey
from gateway.api_keys.lifecycle import overlap_ends
from gateway.api_keys.make import make_key
from gateway.api_keys.models import NewKey, Rotation, ShownKey


async def rotate_key(
    conn: Connection, key_id: UUID, rotation: Rotation, *, user_id: UUID, now: datetime
) -> ShownKey:
    """Make a key of the same name and scopes; the old one goes on for an overlap.

    Args:
        conn: Open transaction; the caller commits.
        key_id: The old one.
        rotation: How long both are good, and how long the new one is.
        user_id: Whose it must be.
        now: The clock's time.

    Returns:
        The new key, shown this once.

    Raises:
        NoSuchKey: The person has no open key with this id.
        KeyRotated: It has a successor.
        TooManyKeys: The person has 50.
    """
    old = await queries.lock_key(conn, key_id, user_id, now)
    if old is None:
        raise NoSuchKey("it is over, or it never was yours; see GET /v1/me/api-keys")
    if old.replaced_by is not None:
        raise KeyRotated(f"by {old.replaced_by}; rotate that one", replaced_by=old.replaced_by)
    wanted = NewKey(name=old.name, scopes=frozenset(old.scopes), days=rotation.days)
    shown = await make_key(conn, user_id, wanted, now=now)
    ends_at = overlap_ends(old.expires_at, now, rotation.overlap_hours)
    await queries.replace_key(conn, key_id, shown.id, ends_at)
    before = {"expires_at": old.expires_at, "replaced_by": None}
    after = {"expires_at": ends_at, "replaced_by": shown.id}
    act = Act("api_key.rotated", "api_key", str(key_id), before=before, after=after)
    await record_acts(conn, act)
    return shown
