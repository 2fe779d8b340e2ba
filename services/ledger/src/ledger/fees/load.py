"""Load what is in force."""

from datetime import datetime

from chassis.database import Connection
from ledger.fees import queries
from ledger.fees.models import Schedule


async def load_schedules(conn: Connection, *, at: datetime) -> tuple[Schedule, ...]:
    """Every schedule that is in force at a time or will be later.

    Args:
        conn: Any connection.
        at: The operation's time.
    """
    return await queries.select_schedules(conn, at)
