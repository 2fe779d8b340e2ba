"""Have an erasure done."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.tasks import ask_for
from chassis.timers import set_timer
from gateway.departures.lifecycle import ERASURE, WATCH_EVERY
from gateway.users.find_leaver import find_leaver


async def order_erasure(conn: Connection, key: str, now: datetime) -> None:
    """A grace period is over: have the person erased, for services are asked before.

    The timer stays until it has come to something, so that no task which is given up leaves
    somebody half gone.

    Args:
        conn: Open transaction; the caller commits.
        key: The person's id.
        now: The clock's time.
    """
    user_id = UUID(key)
    leaver = await find_leaver(conn, user_id)
    if leaver is None:
        return
    if leaver.erase_at <= now:
        await ask_for(conn, ERASURE, user_id, {}, once=ERASURE, now=now)
    await set_timer(conn, ERASURE, key, max(leaver.erase_at, now + WATCH_EVERY))
