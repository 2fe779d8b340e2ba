"""Keep attempts that were refused before the journal came to decide them."""

from collections.abc import Sequence
from datetime import datetime

from chassis.database import Connection
from ledger.journal import queries
from ledger.journal.models import Declined


async def keep_refusals(conn: Connection, declined: Sequence[Declined], *, now: datetime) -> None:
    """Record who tried what and which rule refused it.

    Args:
        conn: Open transaction; let it commit, and tell the problem after it.
        declined: The attempts.
        now: The clock's time.
    """
    await queries.insert_refused_attempts(conn, declined, now)
