"""Postpone an erasure."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from contracts.gateway import Unsettled, UserErasurePostponed
from gateway.users import queries


async def postpone_erasure(
    conn: Connection, user_id: UUID, *, until: datetime, because: Unsettled, now: datetime
) -> bool:
    """Erase a person later, for something has to end first.

    Args:
        conn: Open transaction; the caller commits, and sets the timer.
        user_id: Who has left.
        until: When they are to be erased instead.
        because: What is not settled.
        now: The clock's time.

    Returns:
        False when they stay, or were erased or postponed meanwhile: nothing is changed.

    Emits:
        UserErasurePostponed on `gateway.users.v1`, keyed by user.
    """
    leaver = await queries.select_leaver(conn, user_id, lock=True)
    if leaver is None or leaver.erase_at > now:
        return False
    version = await queries.postpone_erasure(conn, user_id, until)
    told = {"erase_at": until.isoformat(), "because": because}
    act = Act("user.erasure_postponed", "user", str(user_id), by_name="gateway", after=told)
    await record_acts(conn, replace(act, before={"erase_at": leaver.erase_at}))
    await outbox.emit(
        conn,
        UserErasurePostponed(user_id=user_id, version=version, erase_at=until, because=because),
    )
    return True
