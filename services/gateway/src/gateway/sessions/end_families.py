"""End the sessions of programs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.sessions import queries


async def end_families(conn: Connection, families: Sequence[UUID], *, now: datetime) -> list[bytes]:
    """End all sessions of some families of refresh tokens.

    Args:
        conn: Open transaction; the caller commits, then tells the cache.
        families: Which.
        now: The clock's time.

    Returns:
        The hashes of the tokens that are worth nothing now.
    """
    return await queries.revoke_families(conn, families, now)
