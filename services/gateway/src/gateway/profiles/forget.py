"""Forget what a person said of themselves."""

from uuid import UUID

from chassis.database import Connection
from gateway.profiles import queries


async def forget_profile(conn: Connection, user_id: UUID) -> None:
    """Delete the profile of a person who leaves.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose.
    """
    await queries.delete_profile(conn, user_id)
