"""Register a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis import outbox
from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.ids import new_id
from contracts.gateway import Role, UserRegistered
from gateway.users import queries
from gateway.users.errors import CommunityNotOpen, EmailTaken
from gateway.users.models import Identity, User

#: How many open communities a refusal names.
NAMED_MAX: Final = 20


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
        CommunityNotOpen: Nobody has opened the community, or it takes no more members.
        EmailTaken: Somebody is registered with this e-mail.

    Emits:
        UserRegistered on `gateway.users.v1`, keyed by user; neither e-mail nor phone is in it.
    """
    if not await queries.is_open(conn, wanted.community):
        raise await _not_open(conn, wanted.community)
    user = User(new_id(), wanted.display_name, wanted.community, wanted.roles, now)
    await queries.insert_user(conn, user)
    if not await queries.insert_identity(conn, Identity("email", wanted.email), user.id, now):
        raise EmailTaken("use another e-mail, or log in if it is yours")
    await queries.put_password(conn, user.id, wanted.password_hash, now)
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


async def _not_open(conn: Connection, community: str) -> CommunityNotOpen:
    """The problem, with the communities that could be meant."""
    found = await queries.select_open(conn, NAMED_MAX + 1)
    named = found[:NAMED_MAX]
    more = "; GET /v1/communities lists all" if len(found) > NAMED_MAX else ""
    choice = f"open are {', '.join(named)}{more}" if named else "none is open yet"
    return CommunityNotOpen(
        f"community {community} is not open: {choice}", field="community", open=named
    )
