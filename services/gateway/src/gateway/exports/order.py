"""Have an export made."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tasks import Task, ask_for
from contracts.gateway import SecurityChanged

KIND: Final = "export"


async def order_export(conn: Connection, user_id: UUID, *, now: datetime) -> Task:
    """Have all that is kept of a person gathered, soon after this transaction.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Of whom, and for whom.
        now: The clock's time.

    Returns:
        The task; the one that waits already, if there is one.

    Raises:
        TooManyTasks: As many of theirs wait as may.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    await emit(conn, SecurityChanged(user_id=user_id, change="data_exported", changed_at=now))
    return await ask_for(conn, KIND, user_id, {}, once=KIND, now=now)
