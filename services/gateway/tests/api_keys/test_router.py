"""API keys and the sessions of programs over HTTP, on the real database."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.clock import FixedClock
from chassis.tokens import TokenVerifier

SCOPES = ["items:read", "items:write", "transfers:write"]


@pytest.fixture
async def owner(gateway: Any, clock: FixedClock) -> str:
    """The token of somebody who has just logged in."""
    _, token = await gateway.person()
    return str(token)


async def made(gateway: Any, owner: str, **fields: Any) -> Any:
    """A new key."""
    body = {"name": "shop", "scopes": SCOPES, **fields}
    response, key = await gateway.send("POST", "/v1/me/api-keys", json=body, token=owner)
    assert response.status == 201, key
    return key


async def refreshed(gateway: Any, token: str) -> tuple[Any, Any]:
    """Show a refresh token."""
    body = {"refresh_token": token}
    answer: tuple[Any, Any] = await gateway.send("POST", "/v1/sessions/refresh", json=body)
    return answer


async def test_a_key_does_what_its_scopes_say(gateway: Any, owner: str) -> None:
    """The service hears the person, the roles and the scopes; anything else is refused by name."""
    key = (await made(gateway, owner))["key"]
    assert key.startswith("lxk_")
    passed, echo = await gateway.send("GET", "/v1/items", token=key)
    assert passed.status == 200
    verifier = TokenVerifier(gateway.resources.settings.internal_jwks_file, "marketplace")
    caller = verifier.verify(echo["headers"]["authorization"].removeprefix("Bearer "))
    assert sorted(caller.scopes) == SCOPES
    assert key not in str(echo)
    refused, problem = await gateway.send("GET", "/v1/transfers", token=key)
    assert (refused.status, problem["needs"]) == (403, ["transfers:read"])


async def test_a_key_is_shown_once_and_hashed(gateway: Any, owner: str) -> None:
    """The list has a hint of it; the table has its hash."""
    key = await made(gateway, owner)
    _, listed = await gateway.send("GET", "/v1/me/api-keys", token=owner)
    assert [one["hint"] for one in listed["api_keys"]] == [key["key"][-4:]]
    assert key["key"] not in str(listed)
    async with gateway.resources.database.connection() as conn:
        rows = await conn.fetch("SELECT api_key::text AS row FROM api_key")
    assert not any(key["key"] in row["row"] for row in rows)


async def test_the_last_use_is_told(gateway: Any, owner: str, clock: FixedClock) -> None:
    """An owner sees which key nobody uses."""
    key = await made(gateway, owner)
    assert key["last_used_at"] is None
    await gateway.send("GET", "/v1/items", token=key["key"])
    _, listed = await gateway.send("GET", "/v1/me/api-keys", token=owner)
    assert listed["api_keys"][0]["last_used_at"] is not None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/me/api-keys"),
        ("GET", "/v1/me/profile"),
        ("GET", "/v1/sessions"),
        ("DELETE", "/v1/me"),
        ("POST", "/v1/me/second-factor/totp"),
    ],
)
async def test_a_program_changes_nothing_about_its_person(
    gateway: Any, owner: str, method: str, path: str
) -> None:
    """A key makes no key, and comes to nothing that is the person's alone."""
    key = (await made(gateway, owner))["key"]
    body = {"name": "x", "scopes": SCOPES} if path.endswith("keys") else None
    response, problem = await gateway.send(method, path, json=body, token=key)
    assert (response.status, problem["type"]) == (403, "urn:localex:problem:programs-may-not")


async def test_a_key_ends(gateway: Any, owner: str, clock: FixedClock) -> None:
    """By its time."""
    key = (await made(gateway, owner, days=1))["key"]
    clock.move(timedelta(days=1, seconds=1))
    assert (await gateway.send("GET", "/v1/items", token=key))[0].status == 401


async def test_a_rotation_overlaps(gateway: Any, owner: str, clock: FixedClock) -> None:
    """Both are good for a while, then the new one alone; each is rotated once."""
    old = await made(gateway, owner)
    path = f"/v1/me/api-keys/{old['id']}/rotate"
    response, new = await gateway.send("POST", path, json={"overlap_hours": 1}, token=owner)
    assert (response.status, new["scopes"], new["name"]) == (201, SCOPES, "shop")
    again, _ = await gateway.send("POST", path, json={}, token=owner)
    assert again.status == 409
    statuses = []
    for later in (timedelta(0), timedelta(hours=1, seconds=1)):
        clock.move(later)
        statuses += [
            (await gateway.send("GET", "/v1/items", token=key["key"]))[0].status
            for key in (old, new)
        ]
    assert statuses == [200, 200, 401, 200]


async def test_a_revoked_key_ends_at_once_with_its_sessions(gateway: Any, owner: str) -> None:
    """What was opened by it is over, too."""
    key = await made(gateway, owner)
    _, pair = await gateway.send("POST", "/v1/sessions/program", token=key["key"])
    path = f"/v1/me/api-keys/{key['id']}"
    assert (await gateway.send("DELETE", path, token=owner))[0].status == 204
    for token in (key["key"], pair["token"]):
        assert (await gateway.send("GET", "/v1/items", token=token))[0].status == 401
    assert (await refreshed(gateway, pair["refresh_token"]))[0].status == 401


async def test_nobody_touches_anothers_key(gateway: Any, owner: str) -> None:
    """Another's key is one that is not there."""
    key = await made(gateway, owner)
    _, stranger = await gateway.person()
    path = f"/v1/me/api-keys/{key['id']}"
    assert (await gateway.send("DELETE", path, token=stranger))[0].status == 404
    rotated, _ = await gateway.send("POST", f"{path}/rotate", json={}, token=stranger)
    assert rotated.status == 404


async def test_a_large_payment_needs_its_scope(gateway: Any, owner: str) -> None:
    """A program cannot step up, so that its owner says it beforehand."""
    wish = {"asset": "LXC", "amount": "10000.01"}
    for more, status in (([], 403), (["large-payments"], 200)):
        key = (await made(gateway, owner, scopes=[*SCOPES, *more]))["key"]
        response, _ = await gateway.send("POST", "/v1/transfers", json=wish, token=key)
        assert response.status == status


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"scopes": ["items:delete"]}, "scopes"),
        ({"scopes": ["*"]}, "scopes"),
        ({"scopes": []}, "scopes"),
        ({"days": 366}, "days"),
        ({"name": "a\u202eb"}, "name"),
        ({"user_id": str(uuid4())}, "user_id"),
        ({"roles": ["ADMIN"]}, "roles"),
    ],
)
async def test_mass_assignment_of_a_key_is_refused(
    gateway: Any, owner: str, change: dict[str, Any], field: str
) -> None:
    """Known scopes, a bounded life, and nothing that is not the caller's to say."""
    body = {"name": "shop", "scopes": SCOPES, **change}
    response, problem = await gateway.send("POST", "/v1/me/api-keys", json=body, token=owner)
    assert response.status == 422
    assert [error["field"] for error in problem["errors"]] == [field]


async def test_a_program_renews_its_session(gateway: Any, owner: str, clock: FixedClock) -> None:
    """Each pair ends the one before; the scopes stay."""
    key = (await made(gateway, owner))["key"]
    _, first = await gateway.send("POST", "/v1/sessions/program", token=key)
    assert first["scopes"] == SCOPES
    _, second = await refreshed(gateway, first["refresh_token"])
    statuses = [
        (await gateway.send("GET", path, token=token))[0].status
        for path, token in (
            ("/v1/items", first["token"]),
            ("/v1/items", second["token"]),
            ("/v1/transfers", second["token"]),
        )
    ]
    assert statuses == [401, 200, 403]
    clock.move(timedelta(minutes=16))
    assert (await gateway.send("GET", "/v1/items", token=second["token"]))[0].status == 401
    assert (await refreshed(gateway, second["refresh_token"]))[0].status == 201


async def test_token_replay_of_a_refresh_ends_the_family(gateway: Any, owner: str) -> None:
    """Two have the same token: nobody knows which is the thief, so that neither goes on."""
    key = (await made(gateway, owner))["key"]
    _, first = await gateway.send("POST", "/v1/sessions/program", token=key)
    _, second = await refreshed(gateway, first["refresh_token"])
    assert (await refreshed(gateway, first["refresh_token"]))[0].status == 401
    assert (await refreshed(gateway, second["refresh_token"]))[0].status == 401
    assert (await gateway.send("GET", "/v1/items", token=second["token"]))[0].status == 401
    assert (await gateway.send("POST", "/v1/sessions/program", token=key))[0].status == 201


async def test_one_refresh_token_at_once_gives_one_pair(gateway: Any, owner: str) -> None:
    """A race is a reuse: it gives at most one pair, and ends the family."""
    key = (await made(gateway, owner))["key"]
    _, first = await gateway.send("POST", "/v1/sessions/program", token=key)
    answers = await asyncio.gather(*(refreshed(gateway, first["refresh_token"]) for _ in range(5)))
    won = [pair for response, pair in answers if response.status == 201]
    assert len(won) == 1
    assert (await refreshed(gateway, won[0]["refresh_token"]))[0].status == 401


async def test_a_family_ends_however_often_it_is_renewed(
    gateway: Any, owner: str, clock: FixedClock
) -> None:
    """After thirty days the key is shown again."""
    key = (await made(gateway, owner))["key"]
    _, pair = await gateway.send("POST", "/v1/sessions/program", token=key)
    for _ in range(2):
        clock.move(timedelta(days=14))
        _, pair = await refreshed(gateway, pair["refresh_token"])
    clock.move(timedelta(days=3))
    assert (await refreshed(gateway, pair["refresh_token"]))[0].status == 401


async def test_only_a_key_opens_a_program_session(gateway: Any, owner: str) -> None:
    """Neither a person's session nor one that was opened by a key."""
    key = (await made(gateway, owner))["key"]
    _, pair = await gateway.send("POST", "/v1/sessions/program", token=key)
    for token in (owner, pair["token"]):
        response, _ = await gateway.send("POST", "/v1/sessions/program", token=token)
        assert response.status == 403
