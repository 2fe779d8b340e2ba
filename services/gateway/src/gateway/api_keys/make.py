"""Make a key."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from chassis.outbox import emit
from contracts.gateway import SecurityChanged
from gateway.api_keys import queries
from gateway.api_keys.errors import TooManyKeys
from gateway.api_keys.lifecycle import KEYS_MAX
from gateway.api_keys.models import KeyView, NewKey, ShownKey
from gateway.sessions.lifecycle import KEY_PREFIX


async def make_key(conn: Connection, user_id: UUID, wanted: NewKey, *, now: datetime) -> ShownKey:
    """Make a key for a person's program.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose.
        wanted: Name, scopes and life.
        now: The clock's time.

    Returns:
        The key, shown this once; only its hash is stored.

    Raises:
        TooManyKeys: The person has 50.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    if await queries.count_keys(conn, user_id, now) >= KEYS_MAX:
        raise TooManyKeys(f"you have {KEYS_MAX}; revoke one that is not used")
    token = KEY_PREFIX + secrets.token_urlsafe(32)
    key = KeyView(
        id=new_id(),
        name=wanted.name,
        hint=token[-4:],
        scopes=sorted(wanted.scopes),
        created_at=now,
        expires_at=now + timedelta(days=wanted.days),
        last_used_at=None,
        replaced_by=None,
    )
    await queries.insert_key(conn, user_id, key, hashlib.sha256(token.encode()).digest())
    told = {"user_id": user_id, "scopes": key.scopes, "expires_at": key.expires_at}
    await record_acts(conn, Act("api_key.made", "api_key", str(key.id), after=told))
    await emit(conn, SecurityChanged(user_id=user_id, change="api_key_made", changed_at=now))
    return ShownKey(key=token, **key.model_dump())
