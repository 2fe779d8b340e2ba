"""Slow down who tries again and again."""

import hashlib
from datetime import datetime

from chassis.database import Connection
from gateway.sessions import queries
from gateway.sessions.errors import TooManyAttempts
from gateway.sessions.lifecycle import Brake, count_attempt, wait_seconds


async def slow_down(conn: Connection, subject: str, brake: Brake, *, now: datetime) -> None:
    """Count one more attempt, unless the subject has to wait.

    It is counted before its outcome is known, so that many at once are counted too; `forgive`
    takes the count back after a success.

    Args:
        conn: Open transaction; the caller commits, and so counts.
        subject: Who or what is counted; only its hash is stored.
        brake: How it is slowed down.
        now: The clock's time.

    Raises:
        TooManyAttempts: It has to wait.
    """
    digest = hashlib.sha256(subject.encode()).digest()
    counted = await queries.lock_attempt(conn, digest, now)
    if counted is None:
        return
    if wait := wait_seconds(*counted, now, brake):
        raise TooManyAttempts(f"wait {wait} s, then try again", retry_after_seconds=wait)
    await queries.update_attempt(conn, digest, count_attempt(*counted, now, brake), now)
