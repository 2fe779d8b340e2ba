"""Forget attempts after a success."""

import hashlib

from chassis.database import Connection
from gateway.sessions import queries


async def forgive(conn: Connection, subject: str) -> None:
    """Forget the attempts of a subject.

    Args:
        conn: Open transaction; the caller commits.
        subject: As it was counted.
    """
    await queries.delete_attempt(conn, hashlib.sha256(subject.encode()).digest())
