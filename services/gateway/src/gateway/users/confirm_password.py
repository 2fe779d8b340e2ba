"""Confirm the password of somebody who is logged in."""

from uuid import UUID

from chassis.database import Database
from gateway.users import queries
from gateway.users.passwords import Passwords


async def confirm_password(
    database: Database, passwords: Passwords, user_id: UUID, password: str
) -> bool:
    """Whether this is the person's password.

    Args:
        database: Where people are.
        passwords: The hasher.
        user_id: Who is logged in.
        password: As typed.
    """
    async with database.connection() as conn:
        stored = await queries.select_hash(conn, user_id)
    return await passwords.verify(password, stored)
