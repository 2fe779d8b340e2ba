"""Check who somebody says they are."""

from chassis.database import Database
from gateway.users import queries
from gateway.users.models import User
from gateway.users.passwords import Passwords


async def authenticate_user(
    database: Database, passwords: Passwords, *, email: str, password: str
) -> User | None:
    """The person with this e-mail and password.

    A wrong password and an unknown e-mail take the same work, so that time does not tell who is
    registered. No connection is held while the password is hashed.

    Args:
        database: Where people are.
        passwords: The hasher.
        email: Normalised.
        password: As typed.

    Returns:
        The person, or nothing: it is not told which of the two was wrong.
    """
    async with database.connection() as conn:
        found = await queries.select_login(conn, email)
    user, stored = found or (None, None)
    return user if await passwords.verify(password, stored) else None
