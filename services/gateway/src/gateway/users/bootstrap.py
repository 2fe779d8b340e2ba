"""The first operator, from the settings."""

from typing import Final

from chassis.logs import get_logger
from chassis.resources import Resources
from contracts.gateway import Role
from gateway.users import queries
from gateway.users.change_roles import RoleWish, change_roles
from gateway.users.errors import EmailTaken
from gateway.users.lifecycle import normalise_email
from gateway.users.models import User
from gateway.users.passwords import Passwords
from gateway.users.register import NewUser, register_user

log = get_logger(__name__)

ROLES: Final[tuple[Role, ...]] = ("MEMBER", "OPERATOR", "ADMIN")


async def bootstrap_operator(resources: Resources) -> None:
    """Register the operator that the settings name; one who is there stays as they are.

    Args:
        resources: With the settings, the database and the password hasher.

    Emits:
        UserRegistered on `gateway.users.v1`; not on a repeat.
    """
    settings = resources.settings
    email, password = settings.bootstrap_operator_email, settings.bootstrap_operator_password
    if not email or password is None:
        return
    address = normalise_email(email)
    async with resources.database.connection() as conn:
        known = await queries.select_login(conn, address)
    if known is not None:
        await _let_somebody_give_roles(resources, known[0])
        return
    passwords: Passwords = resources.extra["passwords"]
    wanted = NewUser(
        email=address,
        password_hash=await passwords.hash(password.get_secret_value()),
        display_name="Operator",
        community=settings.home_community,
        roles=ROLES,
    )
    try:
        async with resources.database.transaction() as conn:
            await register_user(conn, wanted, now=resources.clock.now())
    except EmailTaken:
        return
    log.info("users.operator_registered")


async def _let_somebody_give_roles(resources: Resources, operator: User) -> None:
    """An operator of before there were administrators becomes one, if nobody is."""
    async with resources.database.transaction() as conn:
        if "OPERATOR" in operator.roles and not await queries.has_admin(conn):
            wish = RoleWish(grant=("ADMIN",), reason="the first administrator, by the settings")
            await change_roles(conn, operator.id, wish, by=None, now=resources.clock.now())
