"""Check who somebody says they are."""

from chassis.database import Database
from gateway.users import queries
from gateway.users.models import Identity, User
from gateway.users.passwords import Passwords


async def authenticate_user(
    database: Database, passwords: Passwords, *, identity: Identity, password: str
) -> User | None:
    """The person with this e-mail or phone and password.

    A wrong password and an unknown identity take the same work, so that time does not tell who is
    registered. No connection is held while the password is hashed. A right password whose hash is
    of an older kind is hashed anew.

    Args:
        database: Where people are.
        passwords: The hasher.
        identity: Normalised.
        password: As typed.

    Returns:
        The person, or nothing: it is not told which of the two was wrong.
    """
    async with database.connection() as conn:
        found = await queries.select_login(conn, identity.value, identity.kind)
    user, stored = found or (None, None)
    if not await passwords.verify(password, stored):
        return None
    if user is not None and stored is not None and passwords.is_outdated(stored):
        anew = await passwords.hash(password)
        async with database.transaction() as conn:
            await queries.rehash(conn, user.id, stored, anew)
    return user
