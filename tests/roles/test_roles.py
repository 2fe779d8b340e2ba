"""The table of roles and routes: complete, as committed, and true for each pair."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import Request

from chassis.access import ALL_ROLES
from chassis.ids import new_id
from chassis.problems import Forbidden, Unauthenticated
from chassis.service import Service
from chassis.tokens import Caller, TokenVerifier, mint, new_signing_key, public_jwks
from tests.roles.routes import ANYONE, SERVICES, TABLE, Guarded, guarded, table

KEY = new_signing_key()
ROUTES = guarded()
#: The gateway's own routes are tried by HTTP: services/gateway/tests/test_roles.py.
BEHIND = [one for one in ROUTES if one.service != "gateway"]
#: Renditions of images are for pages, which send no session along; their names cannot be guessed.
PUBLIC = {"GET /v1/images/{image_hash}/{size}.webp"}
FORWARDED = [one for one in BEHIND if f"{one.method} {one.path}" not in PUBLIC]


def test_every_route_says_who_may_call_it() -> None:
    """Deny by default: a route without a check is a fault."""
    assert [one.path for one in ROUTES if not one.roles] == []


def test_the_table_is_as_committed() -> None:
    """A change of who may do what is seen in a diff."""
    assert TABLE.read_text(encoding="utf-8") == table(), "run python -m tests.roles.routes"


def test_what_is_behind_the_gateway_is_open_to_nobody_unknown() -> None:
    """Only the gateway's own routes may be called without a log-in, and those are few."""
    assert {f"{one.method} {one.path}" for one in BEHIND if ANYONE in one.roles} == PUBLIC
    open_ = {f"{one.method} {one.path}" for one in ROUTES if ANYONE in one.roles}
    assert open_ - PUBLIC <= {
        "POST /v1/users",
        "POST /v1/sessions",
        # Whoever wants to join has to choose.
        "GET /v1/communities",
        # A challenge, a refresh token or a code is what they are asked with.
        "POST /v1/sessions/refresh",
        "POST /v1/sessions/second-factor",
        "POST /v1/sessions/stay",
        "POST /v1/users/password-resets",
        "POST /v1/users/password-resets/confirm",
        "DELETE /v1/sessions/current/cookie",
        "POST /v1/webhooks-in/{source}",
        # The link in a mail is signed; RFC 8058 wants no log-in.
        "GET /v1/notifications/unsubscribe",
        "POST /v1/notifications/unsubscribe",
        "GET /v1/docs",
        "GET /v1/docs/messages",
        "GET /v1/docs/{asset}",
        "GET /v1/docs/{name}",
        "GET /v1/openapi.json",
        "GET /v1/asyncapi.json",
    }


def asked_by(role: str | None, service: str, folder: Path) -> Request:
    """A request with a token for this role, or without any."""
    jwks = folder / "jwks.json"
    jwks.write_text(json.dumps(public_jwks([KEY])))
    app = SimpleNamespace(state=SimpleNamespace(verifier=TokenVerifier(jwks, service)))
    headers = []
    if role:
        token = mint(KEY, Caller(new_id(), frozenset({role}), "riverside"), service)
        headers.append((b"authorization", f"Bearer {token}".encode()))
    return Request({"type": "http", "headers": headers, "app": app})


@pytest.mark.parametrize("route", FORWARDED, ids=lambda one: f"{one.method} {one.path}")
async def test_each_role_is_let_in_or_not(route: Guarded, tmp_path: Path) -> None:
    """Every pair of role and route, by the check that the route really has."""
    for role in ALL_ROLES:
        let_in = True
        for check in route.checks:
            try:
                await check(asked_by(role, route.service, tmp_path))
            except Forbidden:
                let_in = False
        assert let_in is (role in route.roles), role
    with pytest.raises(Unauthenticated):
        await route.checks[0](asked_by(None, route.service, tmp_path))


@pytest.mark.parametrize("service", SERVICES, ids=lambda one: one.name)
def test_the_express_way_asks_the_same(service: Service) -> None:
    """What is answered before the framework is open to nobody whom the framework refuses."""
    known = {(one.method, re.sub(r"\{\w+\}", "{id}", one.path)): one.roles for one in ROUTES}
    for route in service.express:
        assert frozenset(route.roles) == known[route.method, route.path]
