"""Forget what people were told."""

from collections.abc import Sequence
from uuid import UUID

from chassis.database import Connection
from gateway.notifications.mails import queries


async def forget_people(conn: Connection, people: Sequence[UUID]) -> None:
    """Forget notifications, mails and preferences of people who are erased.

    Args:
        conn: Open transaction; the caller commits.
        people: Who.
    """
    await queries.forget(conn, people)
