"""Use a code."""

from datetime import datetime

from chassis.database import Connection
from gateway.verification import queries
from gateway.verification.check import wrong_code
from gateway.verification.models import Sent


async def use_code(conn: Connection, sent: Sent, *, now: datetime) -> None:
    """Use a code that was right, in the transaction of what it allows: it is good once.

    Args:
        conn: Open transaction; the caller commits.
        sent: The code.
        now: The clock's time.

    Raises:
        WrongCode: Another request has used it.
    """
    if not await queries.use_code(conn, sent.id, now):
        raise wrong_code()
