"""Begin a departure."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.timers import set_timer
from gateway.api_keys.revoke import revoke_keys
from gateway.departures.erase import erase_person
from gateway.departures.lifecycle import ERASURE, end_of
from gateway.departures.models import DepartureView
from gateway.sessions.end_all import end_sessions
from gateway.users.leave import leave
from gateway.vault.keyring import Keyring


async def begin_departure(
    conn: Connection,
    user_id: UUID,
    *,
    grace_days: int,
    keyring: Keyring | None,
    now: datetime,
) -> tuple[DepartureView, list[bytes]]:
    """Let a person go: their sessions and keys end, and a timer will end their grace period.

    Args:
        conn: Open transaction; the caller commits, then tells the cache.
        user_id: Who leaves, with nothing open.
        grace_days: How long they may think again; 0 erases them at once.
        keyring: Of the vault, if there is one.
        now: The clock's time.

    Returns:
        When they are erased, and the hashes of the tokens that are worth nothing now.

    Raises:
        NoSuchUser: They have left.
        LastAdmin: Nobody else is an administrator.

    Emits:
        UserLeft on `gateway.users.v1`, keyed by user; what `erase_person` emits, without grace.
    """
    erase_at = end_of(now, grace_days)
    await leave(conn, user_id, erase_at=erase_at, now=now)
    ended = await end_sessions(conn, user_id, now=now)
    ended += await revoke_keys(conn, user_id, key_id=None, now=now)
    erased = erase_at <= now and await erase_person(conn, user_id, keyring=keyring, now=now)
    if not erased:
        await set_timer(conn, ERASURE, str(user_id), erase_at)
    return DepartureView(leaving_at=now, erase_at=erase_at, erased=erased), ended
