"""Ana and an administrator, for each test new ones."""

from datetime import timedelta
from uuid import uuid4

import pytest

from chassis.clock import FixedClock
from chassis.database import Connection
from contracts.gateway import Role
from gateway.sessions.models import Device
from gateway.sessions.open import open_session
from gateway.users.passwords import Passwords
from gateway.users.register import NewUser, register_user
from services.gateway.tests.audit.changing import Stage
from services.gateway.tests.conftest import PASSWORD, Gateway
from services.gateway.tests.two_factor.conftest import Person


@pytest.fixture(scope="session")
async def hashed() -> str:
    """Everybody's password, hashed once."""
    return await Passwords().hash(PASSWORD)


@pytest.fixture
async def stage(gateway: Gateway, clock: FixedClock, hashed: str) -> Stage:
    """They have logged in a second ago."""

    async def logged_in(conn: Connection, email: str, *roles: Role) -> str:
        wanted = NewUser(email, hashed, "Ana", "riverside", ("MEMBER", *roles))
        user = await register_user(conn, wanted, now=clock.now())
        device = Device("127.0.0.1", "Python")
        token, _ = await open_session(
            conn, user, strength="password", device=device, now=clock.now()
        )
        return token

    email = f"{uuid4().hex}@example.org"
    async with gateway.resources.database.transaction() as conn:
        token = await logged_in(conn, email)
        admin = await logged_in(conn, f"{uuid4().hex}@example.org", "ADMIN")
    clock.move(timedelta(seconds=1))
    return Stage(Person(gateway, clock, email, token), admin)
