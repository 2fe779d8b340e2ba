"""End the sessions of a person."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from gateway.sessions import queries


async def end_sessions(
    conn: Connection,
    user_id: UUID,
    *,
    kept: UUID | None = None,
    by: UUID | None = None,
    reason: str | None = None,
    now: datetime,
) -> list[bytes]:
    """End all sessions of a person, but for one if it is named.

    Args:
        conn: Open transaction; the caller commits, then tells the cache.
        user_id: Whose.
        kept: The session that goes on.
        by: Who ends them, where the request does not tell.
        reason: Why, where it is another who ends them.
        now: The clock's time.

    Returns:
        The hashes of the tokens that are worth nothing now.
    """
    ended = await queries.revoke_others(conn, user_id, kept, now)
    told = {"ended": len(ended), "kept": kept}
    act = Act("sessions.ended", "user", str(user_id), by=by, after=told, reason=reason)
    await record_acts(conn, act)
    return ended
