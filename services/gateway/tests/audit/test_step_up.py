"""What changes who may do what asks for a session that was strengthened lately."""

import re
from datetime import timedelta
from typing import Any, Final, get_args
from uuid import uuid4

import pytest

from chassis.step_up import FRESH
from gateway.sessions.access import Fresh, FreshAdmin, FreshOperator
from gateway.sessions.lifecycle import IDLE
from services.gateway.tests.audit.changing import Stage
from tests.roles.routes import guarded

CHECKS: Final = {get_args(one)[1].dependency for one in (Fresh, FreshAdmin, FreshOperator)}
BEFORE: Final = "there is no session yet"
DAILY: Final = "what operators do all day, behind a second factor; it is an act or a look"
OWN: Final = "changes nobody's access, and can be changed back"
#: Why a route that changes something does without.
NOT_FRESH: Final = {
    "DELETE /v1/me/api-keys/{key_id}": "it ends something: in an emergency it has to be easy",
    "PUT /v1/me/notification-preferences": OWN,
    "PATCH /v1/me/profile": OWN,
    "DELETE /v1/me/vault/{field}": OWN,
    "PUT /v1/me/vault/{field}": OWN,
    "POST /v1/notifications/mails/{mail_id}/redrive": DAILY,
    "POST /v1/notifications/read": OWN,
    "POST /v1/notifications/unsubscribe": "the link in a mail is signed",
    "POST /v1/sessions": BEFORE,
    "DELETE /v1/sessions/current": "it ends something: in an emergency it has to be easy",
    "POST /v1/sessions/current/challenge": "the way to strengthen a session",
    "DELETE /v1/sessions/current/cookie": "the browser forgets; nothing else changes",
    "PUT /v1/sessions/current/cookie": "the same session, as strong as it was",
    "POST /v1/sessions/current/step-up": "the way to strengthen a session",
    "POST /v1/sessions/program": "for API keys, which have scopes and no hands",
    "POST /v1/sessions/refresh": "for API keys, which have scopes and no hands",
    "POST /v1/sessions/second-factor": BEFORE,
    "POST /v1/sessions/stay": BEFORE,
    "POST /v1/users": BEFORE,
    "POST /v1/users/password-resets": BEFORE,
    "POST /v1/users/password-resets/confirm": BEFORE,
    "POST /v1/users/{user_id}/compliance/readings": DAILY,
    "POST /v1/users/{user_id}/compliance/{kind}/checks": DAILY,
    "POST /v1/users/{user_id}/compliance/{kind}/overrides": DAILY,
    "POST /v1/users/{user_id}/vault/readings": DAILY,
    "POST /v1/webhooks-in/{source}": "programs of others sign what they send",
    "POST /v1/webhooks/deliveries/{delivery_id}/redrive": OWN,
    "DELETE /v1/webhooks/endpoints/{endpoint_id}": "it ends something: it has to be easy",
}
ROUTES: Final = [one for one in guarded() if one.service == "gateway"]
NAMES: Final = {f"{one.method} {one.path}": one for one in ROUTES}
FRESH_ROUTES: Final = sorted(name for name, one in NAMES.items() if CHECKS & set(one.checks))
#: Reads that give out what a thief of the session would like to have.
FRESH_READS: Final = {
    "GET /v1/me/exports/{export_id}",
    "GET /v1/users/{user_id}/roles",
    "GET /v1/webhooks/endpoints/{endpoint_id}/secrets",
}


def test_every_changing_route_is_fresh_or_says_why_not() -> None:
    """A new one fails here until it asks for a step-up, or it is said why it does without."""
    changing = {name for name in NAMES if not name.startswith("GET ")}
    assert set(NOT_FRESH) == changing - set(FRESH_ROUTES)
    assert set(FRESH_ROUTES) - changing == FRESH_READS


async def ask(stage: Stage, route: str) -> tuple[int, Any]:
    """Status and document of a call by an administrator, with ids that name nothing."""
    method, _, path = route.partition(" ")
    response, document = await stage.ana.gateway.send(
        method,
        re.sub(r"\{\w+\}", lambda _: str(uuid4()), path),
        json=None if method == "GET" else {},
        token=stage.admin,
        headers={"Idempotency-Key": uuid4().hex},
    )
    return response.status, document


@pytest.mark.parametrize("route", FRESH_ROUTES)
async def test_a_stale_session_is_refused(stage: Stage, route: str) -> None:
    """By the problem that names the way; the session goes on, and nothing is done."""
    stage.ana.clock.move(FRESH)
    assert FRESH + timedelta(minutes=1) < IDLE
    status, problem = await ask(stage, route)
    assert (status, problem["type"]) == (403, "urn:localex:problem:step-up-needed"), problem
    assert problem["step_up"] == "/v1/sessions/current/step-up"
    assert (await stage.do("GET", "/me", token=stage.admin))["id"]


@pytest.mark.parametrize("route", sorted({*NAMES} - {*FRESH_ROUTES, "GET /v1/events"}))
async def test_what_is_not_fresh_is_not_asked_for_more(stage: Stage, route: str) -> None:
    """So that the matrix above is all of it: a stale session is not refused for being stale."""
    stage.ana.clock.move(FRESH)
    status, document = await ask(stage, route)
    assert status != 403 or document["type"] != "urn:localex:problem:step-up-needed"
