"""What changes who may do what is in the audit log, whichever route it takes."""

from typing import Any, Final

import pytest

from services.gateway.tests.audit.changing import ACTS, REFUSALS, Stage, Told
from services.gateway.tests.conftest import PASSWORD
from tests.roles.routes import guarded

#: Shown where what it takes is made.
ELSEWHERE: Final = {
    "POST /v1/compliance-overrides/{override_id}/{what}": "compliance/test_compliance.py",
    "POST /v1/users/{user_id}/compliance/{kind}/overrides": "compliance/test_compliance.py",
    "POST /v1/notifications/mails/{mail_id}/redrive": "notifications/test_router.py",
}
#: What changes nothing that matters to who may do what, and why.
NO_ACT: Final = {
    "POST /v1/me/export": "the task is kept; what is in it is one's own",
    "PUT /v1/me/notification-preferences": "a wish; what concerns safety is told always",
    "POST /v1/me/passkeys/challenge": "a question; its answer is an act",
    "PATCH /v1/me/profile": "what one says of oneself",
    "POST /v1/me/second-factor/totp": "a secret that does not count until it is confirmed",
    "POST /v1/me/verifications": "a code; to show it is an act",
    "POST /v1/notifications/read": "what one has read",
    "POST /v1/notifications/unsubscribe": "a wish; what concerns safety is told always",
    "POST /v1/sessions/current/challenge": "a question; its answer is an act",
    "PUT /v1/sessions/current/cookie": "the same session, kept elsewhere by the browser",
    "DELETE /v1/sessions/current/cookie": "the browser forgets; the session goes on",
    "POST /v1/users/password-resets": "a code; to show it is an act",
    "POST /v1/users/{user_id}/compliance/readings": "a look, in the access log",
    "POST /v1/users/{user_id}/vault/readings": "a look, in the access log",
    "POST /v1/webhooks-in/{source}": "kept raw, with its signature",
    "POST /v1/webhooks/deliveries/{delivery_id}/redrive": "what was told is told again",
}
CHANGING: Final = sorted(
    f"{one.method} {one.path}"
    for one in guarded()
    if one.service == "gateway" and one.method != "GET"
)
SELECT_ACTS: Final = "SELECT * FROM audit_event WHERE action = $1 AND id > $2 ORDER BY id"
NEWEST: Final = "SELECT coalesce(max(id::text)::uuid, uuidv7()) FROM audit_event"
TEXTS: Final = "SELECT e::text AS text FROM audit_event AS e WHERE id > $1"


def test_every_changing_route_is_accounted_for() -> None:
    """A new one fails here until it leaves an act, or it is said why it leaves none."""
    assert sorted([*ACTS, *ELSEWHERE, *NO_ACT]) == CHANGING


async def acts_of(stage: Stage, told: Told) -> Any:
    """The acts of this kind that come of what is done; nothing secret or personal is in any."""
    database = stage.ana.gateway.resources.database
    async with database.connection() as conn:
        newest = await conn.fetchval(NEWEST)
    await told.do(stage)
    async with database.connection() as conn:
        acts = await conn.fetch(SELECT_ACTS, told.action, newest)
        texts = " ".join(row["text"] for row in await conn.fetch(TEXTS, newest))
    for hidden in ("@", PASSWORD, "lxs_", "lxk_", "lxr_", "whsec_", "shop.example", "Ana Lima"):
        assert hidden not in texts
    assert not [one for one in (stage.ana.secret, *stage.ana.codes) if one and one in texts]
    return acts


@pytest.mark.parametrize("what", sorted({**ACTS, **REFUSALS}))
async def test_an_act_is_written(stage: Stage, what: str) -> None:
    """Who, what, before and after, from where, in which session and request."""
    told = {**ACTS, **REFUSALS}[what]
    found = await acts_of(stage, told)
    assert found, what
    act = found[-1]
    assert (act["address"], "Python" in act["agent"]) == ("127.0.0.1", True)
    assert act["correlation_id"]
    assert act["after"] is not None or act["before"] is not None or what in REFUSALS
    assert (act["before"] is not None) is told.changes
    if told.changes:
        assert act["before"] != act["after"]
    assert (act["actor_id"] is not None) is told.actor


async def test_an_act_stands_and_falls_with_what_is_done(stage: Stage) -> None:
    """Roles that could not be changed leave no act, and no act leaves no change of roles."""
    me = await stage.me()
    path = f"/users/{me}/roles"
    wish = {"grant": ["VENDOR"], "reason": "the papers were seen"}
    first = await acts_of(stage, ACTS["POST /v1/users/{user_id}/roles"])
    assert len(first) == 1
    refused = Told(
        "user.roles_changed", lambda one: one.told(path, wish, token=one.admin), changes=False
    )
    assert await acts_of(stage, refused) == []
