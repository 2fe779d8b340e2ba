"""Find where people are and which language they read."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from gateway.profiles import queries


async def find_settings(conn: Connection, people: Sequence[UUID]) -> dict[UUID, tuple[str, str]]:
    """Time zone and language of people who have said so.

    Args:
        conn: To the database.
        people: Whose.
    """
    return await queries.select_settings(conn, people)
