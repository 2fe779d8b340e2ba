"""Register a person."""

from dataclasses import dataclass
from datetime import datetime

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from contracts.gateway import Role, UserRegistered
from gateway.users import queries
from gateway.users.errors import EmailTaken
from gateway.users.models import Identity, User


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to register; the e-mail is normalised, the password hashed."""

    email: str
    password_hash: str
    display_name: str
    community: str
    roles: tuple[Role, ...] = ("MEMBER",)


async def register_user(conn: Connection, wanted: NewUser, *, now: datetime) -> User:
    """Make a person known by an e-mail and a password.

    Args:
        conn: Open transaction; the caller commits.
        wanted: The person.
        now: The clock's time.

    Raises:
        EmailTaken: Somebody is registered with this e-mail.

    Emits:
        UserRegistered on `gateway.users.v1`, keyed by user; neither e-mail nor phone is in it.
    """
    user = User(new_id(), wanted.display_name, wanted.community, wanted.roles, now)
    await queries.insert_user(conn, user)
    if not await queries.insert_identity(conn, Identity("email", wanted.email), user.id, now):
        raise EmailTaken("use another e-mail, or log in if it is yours")
    await queries.insert_password(conn, user.id, wanted.password_hash, now)
    registered = UserRegistered(
        user_id=user.id,
        display_name=user.display_name,
        community=user.community,
        roles=user.roles,
        version=1,
    )
    await outbox.emit(conn, registered)
    roles = {"roles": list(user.roles), "community": user.community}
    await record_acts(conn, Act("user.registered", "user", str(user.id), after=roles))
    return user
