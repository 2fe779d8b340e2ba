"""Tokens for whoever holds the data folder: sessions at the gateway, or for one service alone."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final, get_args
from uuid import NAMESPACE_URL, UUID, uuid5

import asyncpg

from chassis.database import prepare_connection
from chassis.tokens import Caller, mint, read_signing_key
from contracts.gateway import Role
from embedded.credentials import SERVICES
from embedded.places import Places
from embedded.settings import read_settings
from gateway.communities.ensure import ensure_community
from gateway.sessions.grant import grant_session
from gateway.users import queries as users
from gateway.users.models import User
from gateway.users.passwords import Passwords
from gateway.users.register import NewUser, register_user

ROLES: Final[tuple[Role, ...]] = get_args(Role)
COMMUNITY: Final = "riverside"


async def open_session(places: Places, named: str, life: timedelta) -> tuple[str, str]:
    """Open a session at the gateway, written as the gateway's own role.

    Args:
        places: The data folder.
        named: A user's id or e-mail, or a role: then a demo user with that role.
        life: How long it lasts.

    Returns:
        The token, and whose it is in words.

    Raises:
        LookupError: Nobody is known by that name.
    """
    conn = await asyncpg.connect(read_settings(places.settings_file)["GATEWAY_DATABASE_URL"])
    try:
        await prepare_connection(conn)
        now = datetime.now(UTC)
        async with conn.transaction():
            user = await _user(conn, named, now)
            token = await grant_session(conn, user, now=now, ttl=life)
    finally:
        await conn.close()
    return token, f"{user.display_name} ({'/'.join(user.roles)}), user {user.id}"


def mint_internal(places: Places, named: str, service: str, life: timedelta) -> tuple[str, str]:
    """Mint an internal token, as the gateway would.

    Raises:
        LookupError: No such service, or nobody is known by that name.
    """
    if service not in SERVICES:
        raise LookupError(f"{service!r} is no service; there are {', '.join(SERVICES)}")
    caller = _caller(named)
    key = read_signing_key(places.signing_key_file)
    token = mint(key, caller, service, ttl_seconds=int(life.total_seconds()))
    return token, f"{caller.user_id} ({'/'.join(sorted(caller.roles))}) at {service}"


async def _user(conn: asyncpg.Connection, named: str, now: datetime) -> User:
    role = next((role for role in ROLES if role == named.upper()), None)
    if role is None:
        found = await _find(conn, named)
        if found is None:
            raise LookupError(
                f"{named!r} is no user's id or e-mail, and none of {', '.join(ROLES)}"
            )
        return found
    email = f"demo-{role.lower()}@localex.test"
    known = await users.select_login(conn, email)
    if known is not None:
        return known[0]
    # Nobody knows this password: the demo user is entered through tokens only.
    password_hash = await Passwords().hash(secrets.token_urlsafe(32))
    roles: tuple[Role, ...] = ("MEMBER",) if role == "MEMBER" else ("MEMBER", role)
    await ensure_community(conn, COMMUNITY, now=now)
    wanted = NewUser(email, password_hash, f"Demo {role.lower()}", COMMUNITY, roles)
    return await register_user(conn, wanted, now=now)


async def _find(conn: asyncpg.Connection, named: str) -> User | None:
    try:
        return await users.select_user(conn, UUID(named))
    except ValueError:
        known = await users.select_login(conn, named.lower())
        return known[0] if known else None


def _caller(named: str) -> Caller:
    if named.upper() in ROLES:
        subject = uuid5(NAMESPACE_URL, f"localex:role:{named.upper()}")
        return Caller(subject, frozenset({"MEMBER", named.upper()}), COMMUNITY)
    try:
        return Caller(UUID(named), frozenset({"MEMBER"}), COMMUNITY)
    except ValueError:
        raise LookupError(
            f"{named!r} is neither a user's id nor one of {', '.join(ROLES)}"
        ) from None
