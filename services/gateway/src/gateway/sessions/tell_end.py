"""Tell that a session ended."""

from typing import Any
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection


async def tell_end(conn: Connection, session_id: UUID, **more: Any) -> None:
    """Write the end of a session to the audit log.

    Args:
        conn: Open transaction of its end; the caller commits.
        session_id: Which.
        more: What else is known of it now.
    """
    before, after = {"state": "open"}, {"state": "ended", **more}
    act = Act("session.ended", "session", str(session_id), before=before, after=after)
    await record_acts(conn, act)
