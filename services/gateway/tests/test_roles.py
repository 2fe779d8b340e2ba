"""Every route of the gateway by HTTP, as each role and as nobody: the table of roles is true."""

import re
from typing import Any, Final
from uuid import uuid4

import pytest

from chassis.access import ALL_ROLES
from contracts.gateway import Role
from gateway.sessions.models import Device
from gateway.sessions.open import open_session
from gateway.users.register import NewUser, register_user
from services.gateway.tests.conftest import Gateway, settled
from tests.roles.routes import ANYONE, Guarded, guarded

ROUTES: Final = [one for one in guarded() if one.service == "gateway"]
#: Everybody is a member, so that another role is that one besides.
AS: Final[tuple[tuple[Role, ...], ...]] = (
    ("MEMBER",),
    ("MEMBER", "VENDOR"),
    ("MEMBER", "RETAILER"),
    ("MEMBER", "OPERATOR"),
    ("MEMBER", "ADMIN"),
)
#: No password has it: these people do not log in.
NO_HASH: Final = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA"


async def token_of(gateway: Gateway, roles: tuple[Role, ...]) -> str:
    """A session of somebody new, strengthened just now."""
    now = gateway.resources.clock.now()
    wanted = NewUser(f"{uuid4().hex}@example.org", NO_HASH, "Ana", "riverside", roles)
    async with gateway.resources.database.transaction() as conn:
        user = await register_user(conn, wanted, now=now)
        device = Device("127.0.0.1", None)
        token, _ = await open_session(conn, user, strength="password", device=device, now=now)
    return token


async def ask(gateway: Gateway, route: Guarded, token: str | None) -> tuple[int, Any]:
    """Status and problem of a call with ids that name nothing; a stream is not waited for."""
    path = re.sub(r"\{\w+\}", lambda _: str(uuid4()), route.path)
    headers = {"Idempotency-Key": uuid4().hex, "Access-Reason": "the table of roles is tried"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    body: Any = None if route.method in {"GET", "DELETE"} else {}
    async with gateway.client.request(
        route.method, gateway.address + path, json=body, headers=headers
    ) as response:
        is_problem = response.content_type == "application/problem+json"
        return response.status, await response.json() if is_problem else {}


def is_refused(status: int, problem: Any) -> bool:
    """Whether it was for the role, or for want of a session."""
    return status == 401 or (status == 403 and bool({*problem.get("needs", ())} & {*ALL_ROLES}))


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.method} {one.path}")
async def test_each_role_is_let_in_or_not(gateway: Gateway, route: Guarded) -> None:
    """Every pair; who is let in may be told that an id names nothing, or that a body is none."""
    gateway.upstream.answer = settled
    assert {roles[-1] for roles in AS} == {*ALL_ROLES}
    for roles in AS:
        status, problem = await ask(gateway, route, await token_of(gateway, roles))
        let_in = bool({*roles} & route.roles)
        assert is_refused(status, problem) is not let_in, (roles, status, problem)
        assert status < 500, problem


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.method} {one.path}")
async def test_nobody_is_let_in_where_anyone_is(gateway: Gateway, route: Guarded) -> None:
    """Without a session, and with one that nobody has: 401 before anything else is looked at."""
    for token in (None, f"lxs_{'A' * 43}"):
        status, problem = await ask(gateway, route, token)
        assert (status == 401) is (ANYONE not in route.roles), problem
