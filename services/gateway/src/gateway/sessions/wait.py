"""Find out whether somebody has to wait."""

import hashlib
from datetime import datetime

from chassis.database import Connection
from gateway.sessions import queries
from gateway.sessions.errors import TooManyAttempts
from gateway.sessions.lifecycle import Brake, wait_seconds


async def check_wait(conn: Connection, subject: str, brake: Brake, *, now: datetime) -> None:
    """Refuse a subject that has to wait, without counting.

    Args:
        conn: To the database.
        subject: As it was counted.
        brake: How it is slowed down.
        now: The clock's time.

    Raises:
        TooManyAttempts: It has to wait.
    """
    digest = hashlib.sha256(subject.encode()).digest()
    counted = await queries.select_attempt(conn, digest)
    if counted and (wait := wait_seconds(*counted, now, brake)):
        raise TooManyAttempts(f"wait {wait} s, then try again", retry_after_seconds=wait)
