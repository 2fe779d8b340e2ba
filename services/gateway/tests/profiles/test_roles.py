"""Roles by a route: given by administrators, with a trail, and never the last one taken."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.gateway.tests.conftest import OPERATOR, settled


async def change(gateway: Any, token: str, user_id: str, **wish: Any) -> tuple[Any, Any]:
    """Ask for a change of roles."""
    answer: tuple[Any, Any] = await gateway.send(
        "POST",
        f"/v1/users/{user_id}/roles",
        json={"reason": "papers were seen", **wish},
        headers={"Idempotency-Key": uuid4().hex},
        token=token,
    )
    return answer


@pytest.fixture
async def admin(gateway: Any) -> Any:
    """The first administrator, logged in."""
    _, session = await gateway.log_in(*OPERATOR)
    return session


async def somebody(gateway: Any) -> tuple[str, str, str]:
    """A new person: e-mail, id and token."""
    email = f"{uuid4().hex}@example.org"
    _, user = await gateway.register(email)
    _, session = await gateway.log_in(email)
    return email, user["id"], session["token"]


async def test_an_administrator_gives_roles(gateway: Any, admin: Any) -> None:
    """Several at once; it is told, and kept with who, when and why."""
    _, user_id, _ = await somebody(gateway)
    response, shown = await change(gateway, admin["token"], user_id, grant=["VENDOR", "RETAILER"])
    assert response.status == 200
    assert shown["roles"] == ["MEMBER", "VENDOR", "RETAILER"]
    trail = shown["changes"][0]
    assert (trail["before"], trail["changed_by"]) == (["MEMBER"], admin["user"]["id"])
    async with gateway.resources.database.connection() as conn:
        told = await conn.fetch(
            "SELECT payload FROM outbox WHERE key = $1 ORDER BY id DESC LIMIT 1", user_id
        )
    assert '"roles":["MEMBER","VENDOR","RETAILER"]' in told[0]["payload"]


async def test_old_rights_end_at_once(gateway: Any, admin: Any) -> None:
    """The sessions of the person end; the next log-in has the new roles, taken away or given."""
    email, user_id, token = await somebody(gateway)
    await change(gateway, admin["token"], user_id, grant=["OPERATOR"])
    assert (await gateway.send("GET", "/v1/me", token=token))[0].status == 401
    _, session = await gateway.log_in(email)
    assert session["user"]["roles"] == ["MEMBER", "OPERATOR"]
    await change(gateway, admin["token"], user_id, revoke=["OPERATOR"])
    assert (await gateway.send("GET", "/v1/me", token=session["token"]))[0].status == 401
    assert (await gateway.log_in(email))[1]["user"]["roles"] == ["MEMBER"]


async def test_others_give_no_roles(gateway: Any) -> None:
    """Least of all to themselves."""
    _, user_id, token = await somebody(gateway)
    response, problem = await change(gateway, token, user_id, grant=["ADMIN"])
    assert (response.status, problem["needs"]) == (403, ["ADMIN"])


async def test_an_administrator_logs_somebody_out_everywhere(gateway: Any, admin: Any) -> None:
    """At once, on each device; it is kept who did it and why, and a repeat ends nothing more."""
    email, user_id, token = await somebody(gateway)
    _, other = await gateway.log_in(email)
    headers = {"Idempotency-Key": uuid4().hex}
    for _ in range(2):
        response, answer = await gateway.send(
            "POST",
            f"/v1/users/{user_id}/log-outs",
            json={"reason": "the phone was stolen"},
            headers=headers,
            token=admin["token"],
        )
        assert (response.status, answer) == (200, {"ended": 2})
    for ended in (token, other["token"]):
        response, _ = await gateway.send("GET", "/v1/me", token=ended)
        assert response.status == 401
    async with gateway.resources.database.connection() as conn:
        act = await conn.fetchrow(
            "SELECT actor_id, reason FROM audit_event"
            " WHERE action = 'sessions.ended' AND entity_id = $1",
            user_id,
        )
    assert (str(act["actor_id"]), act["reason"]) == (admin["user"]["id"], "the phone was stolen")


async def test_others_log_nobody_out(gateway: Any) -> None:
    """Not even themselves by this way."""
    _, user_id, token = await somebody(gateway)
    response, problem = await gateway.send(
        "POST",
        f"/v1/users/{user_id}/log-outs",
        json={"reason": "I would like to"},
        headers={"Idempotency-Key": uuid4().hex},
        token=token,
    )
    assert (response.status, problem["needs"]) == (403, ["ADMIN"])


async def test_mass_assignment_of_roles_is_refused(gateway: Any) -> None:
    """Neither a registration nor a profile takes them."""
    refused, problem = await gateway.register(f"{uuid4().hex}@example.org", roles=["ADMIN"])
    assert (refused.status, problem["errors"][0]["field"]) == (422, "roles")
    _, _, token = await somebody(gateway)
    for field, value in (("roles", ["ADMIN"]), ("points", 9999), ("user_id", str(uuid4()))):
        refused, problem = await gateway.send(
            "PATCH",
            "/v1/me/profile",
            json={field: value},
            headers={"Idempotency-Key": uuid4().hex},
            token=token,
        )
        assert (refused.status, problem["errors"][0]["field"]) == (422, field)


async def test_the_last_administrator_stays(gateway: Any, admin: Any) -> None:
    """Neither by a change of roles nor by leaving."""
    me = admin["user"]["id"]
    response, problem = await change(gateway, admin["token"], me, revoke=["ADMIN"])
    assert (response.status, problem["type"]) == (409, "urn:localex:problem:last-admin")
    gateway.upstream.answer = settled
    left, problem = await gateway.send("DELETE", "/v1/me", token=admin["token"])
    assert (left.status, problem["type"]) == (409, "urn:localex:problem:last-admin")


async def test_two_who_dismiss_each_other_leave_one(gateway: Any, admin: Any) -> None:
    """At the same moment; the database puts them in turn."""
    email, user_id, _ = await somebody(gateway)
    await change(gateway, admin["token"], user_id, grant=["ADMIN"])
    _, other = await gateway.log_in(email)
    answers = await asyncio.gather(
        change(gateway, admin["token"], user_id, revoke=["ADMIN"]),
        change(gateway, other["token"], admin["user"]["id"], revoke=["ADMIN"]),
    )
    async with gateway.resources.database.connection() as conn:
        count = await conn.fetchval("SELECT count(*) FROM users WHERE 'ADMIN' = ANY(roles)")
        first = await conn.fetchval(
            "SELECT 'ADMIN' = ANY(roles) FROM users WHERE id = $1", admin["user"]["id"]
        )
    assert count == 1
    assert sorted(response.status for response, _ in answers) in ([200, 401], [200, 409])
    if not first:
        _, other = await gateway.log_in(email)
        back = await change(gateway, other["token"], admin["user"]["id"], grant=["ADMIN"])
        assert back[0].status == 200


@pytest.mark.parametrize(
    ("change_sql", "rule"),
    [
        ("roles = '{MEMBER,ADMIN}', version = version + 1", "users_role_change_kept"),
        ("roles = '{MEMBER,ADMIN}'", "users_roles_have_versions"),
        ("roles = '{VENDOR}', version = version + 1", "users_member_stays"),
    ],
)
async def test_the_database_keeps_roles(gateway: Any, change_sql: str, rule: str) -> None:
    """Without a trail, a version or membership nothing changes, whoever writes."""
    _, user_id, _ = await somebody(gateway)
    async with gateway.resources.database.connection() as conn:
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await conn.execute(f"UPDATE users SET {change_sql} WHERE id = $1", user_id)
    assert refused.value.constraint_name == rule


@pytest.mark.parametrize(
    "statement", ["UPDATE role_change SET reason = 'x'", "DELETE FROM role_change"]
)
async def test_the_trail_is_not_changed(gateway: Any, statement: str) -> None:
    """The service may write it and read it, nothing else."""
    async with gateway.resources.database.connection() as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"grant": ["MEMBER"]},
        {"grant": ["KING"]},
        {"grant": ["VENDOR"], "revoke": ["VENDOR"]},
    ],
)
async def test_bad_wishes_are_refused(gateway: Any, admin: Any, wish: dict[str, Any]) -> None:
    """Known roles, each once, and not what everybody has."""
    response, _ = await change(gateway, admin["token"], str(uuid4()), **wish)
    assert response.status == 422
