"""Check who somebody says they are."""

from chassis.database import Database
from gateway.users import queries
from gateway.users.models import Identity, User
from gateway.users.passwords import Passwords


async def authenticate_user(
    database: Database,
    passwords: Passwords,
    *,
    identity: Identity,
    password: str,
    upgrade: bool = True,
) -> User | None:
    """The person with this e-mail or phone and password.

    A wrong password and an unknown identity take the same work, so that time does not tell who is
    registered. No connection is held while the password is hashed.

    Args:
        database: Where people are.
        passwords: The hasher.
        identity: Normalised.
        password: As typed.
        upgrade: Whether a right password whose hash is of an older kind is hashed anew. It takes
            longer: whoever is locked out must not see that the password is right.

    Returns:
        The person, or nothing: it is not told which of the two was wrong.
    """
    async with database.connection() as conn:
        found = await queries.select_login(conn, identity.value, identity.kind)
        bcrypt_cost = await queries.select_bcrypt_cost(conn)
    user, stored = found or (None, None)
    if not await passwords.verify(password, stored, bcrypt_cost):
        return None
    if upgrade and user is not None and stored is not None and passwords.is_outdated(stored):
        anew = await passwords.hash(password)
        async with database.transaction() as conn:
            await queries.rehash(conn, user.id, stored, anew)
    return user
