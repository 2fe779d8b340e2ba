"""Communities over HTTP, on the real database: opened, listed, joined, closed."""

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from gateway.communities.open_home import open_home
from gateway.users.bootstrap import bootstrap_operator
from services.gateway.tests.conftest import OPERATOR, Gateway
from tests.stack.database import ScratchDatabase

EVENTS = """
SELECT payload FROM outbox WHERE topic = 'gateway.communities.v1' AND key = $1 ORDER BY id
"""
ACTS = """
SELECT action FROM audit_event WHERE entity = 'community' AND entity_id = $1 ORDER BY id
"""
JOIN = """
INSERT INTO users (id, display_name, community, roles, created_at)
VALUES (uuidv7(), 'Ana', '{0}', ARRAY['MEMBER'], now())
"""


@pytest.fixture(scope="module")
async def admin(gateway: Gateway) -> str:
    """The token of the first administrator."""
    await bootstrap_operator(gateway.resources)
    _, session = await gateway.log_in(*OPERATOR)
    return str(session["token"])


async def post(gateway: Gateway, token: str | None, path: str, **body: Any) -> tuple[int, Any]:
    """A write of an administrator."""
    key = body.pop("key", uuid4().hex)
    response, answer = await gateway.send(
        "POST", path, json=body, headers={"Idempotency-Key": key}, token=token
    )
    return response.status, answer


async def opened(gateway: Gateway, token: str) -> str:
    """The slug of a new community."""
    slug = f"town-{uuid4().hex[:8]}"
    status, answer = await post(gateway, token, "/v1/communities", slug=slug, name="A town")
    assert status == 201, answer
    return slug


async def told(gateway: Gateway, slug: str) -> list[str]:
    """What was told of a community."""
    async with gateway.resources.database.connection() as conn:
        return [row["payload"] for row in await conn.fetch(EVENTS, slug)]


async def test_a_community_is_opened_and_joined(gateway: Gateway, admin: str) -> None:
    """Everybody sees it, without a log-in, and people register into it."""
    slug = await opened(gateway, admin)
    _, page = await gateway.send("GET", "/v1/communities?state=OPEN&limit=200")
    [found] = [one for one in page["communities"] if one["slug"] == slug]
    assert (found["name"], found["asset"], found["state"]) == ("A town", None, "OPEN")
    assert set(found) == {"slug", "name", "asset", "state", "opened_at", "changed_at"}
    response, user = await gateway.register(community=slug)
    assert (response.status, user["community"]) == (201, slug)
    assert len(await told(gateway, slug)) == 1


async def test_who_names_no_community_joins_home(gateway: Gateway) -> None:
    """It is the one of the settings."""
    _, user = await gateway.register()
    assert user["community"] == gateway.resources.settings.home_community


async def test_a_community_that_nobody_opened_is_not_joined(gateway: Gateway) -> None:
    """The refusal names the field and communities that are open."""
    response, problem = await gateway.register(community="riverslde")
    assert (response.status, problem["type"]) == (409, "urn:localex:problem:community-not-open")
    assert problem["field"] == "community"
    assert "riverside" in problem["open"]
    assert "riverside" in problem["detail"]


async def test_a_closed_community_keeps_its_members_and_takes_no_more(
    gateway: Gateway, admin: str
) -> None:
    """Until it is opened again; each step is told with the next version."""
    slug, email = await opened(gateway, admin), f"{uuid4().hex}@example.org"
    await gateway.register(email, community=slug)
    path = f"/v1/communities/{slug}"
    status, closed = await post(gateway, admin, f"{path}/close", reason="it is full")
    assert (status, closed["state"]) == (200, "CLOSED")
    response, problem = await gateway.register(community=slug)
    assert (response.status, slug in problem["open"]) == (409, False)
    assert (await gateway.log_in(email))[0].status == 201
    status, problem = await post(gateway, admin, f"{path}/close", reason="again")
    assert (status, problem["type"]) == (409, "urn:localex:problem:community-is-so")
    status, _ = await post(gateway, admin, f"{path}/reopen", reason="there is room")
    assert status == 200
    assert (await gateway.register(community=slug))[0].status == 201
    assert [f'"version":{n}' in one for n, one in enumerate(await told(gateway, slug), 1)] == [
        True,
        True,
        True,
    ]


async def test_a_repeat_opens_nothing_more(gateway: Gateway, admin: str) -> None:
    """Same key, same answer; another key is refused, for the slug is given."""
    wish = {"slug": f"twice-{uuid4().hex[:8]}", "name": "Twice", "asset": "EUR"}
    first = await post(gateway, admin, "/v1/communities", key="once", **wish)
    assert first == await post(gateway, admin, "/v1/communities", key="once", **wish)
    status, problem = await post(gateway, admin, "/v1/communities", **wish)
    assert (status, problem["type"]) == (409, "urn:localex:problem:community-exists")
    assert len(await told(gateway, wish["slug"])) == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"slug": "Two Words"}, "slug"),
        ({"slug": "*"}, "slug"),
        ({"name": ""}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"asset": "GOLD"}, "asset"),
        ({"state": "OPEN"}, "state"),
    ],
)
async def test_bad_fields_are_named(
    gateway: Gateway, admin: str, fields: dict[str, Any], field: str
) -> None:
    """And nothing is opened."""
    wish = {"slug": "never", "name": "Never", **fields}
    status, problem = await post(gateway, admin, "/v1/communities", **wish)
    assert status == 422
    assert problem["errors"][0]["field"] == field


async def test_members_open_and_close_nothing(gateway: Gateway, token: str) -> None:
    """Nor does who is not logged in."""
    for path in ("/v1/communities", "/v1/communities/riverside/close"):
        body = {"slug": "mine", "name": "Mine"} if path.endswith("ies") else {"reason": "mine"}
        assert (await post(gateway, token, path, **body))[0] == 403
        assert (await post(gateway, None, path, **body))[0] == 401


async def test_what_nobody_opened_is_not_closed(gateway: Gateway, admin: str) -> None:
    """A 404."""
    status, problem = await post(gateway, admin, "/v1/communities/nowhere/close", reason="gone")
    assert (status, problem["type"]) == (404, "urn:localex:problem:no-such-community")


async def test_pages_follow_each_other(gateway: Gateway, admin: str) -> None:
    """By slug, without gap or repeat."""
    await asyncio.gather(*(opened(gateway, admin) for _ in range(3)))
    seen: list[str] = []
    query = "?limit=2"
    while query:
        _, page = await gateway.send("GET", f"/v1/communities{query}")
        assert len(page["communities"]) <= 2
        seen += [one["slug"] for one in page["communities"]]
        query = f"?limit=2&cursor={page['next_cursor']}" if page["next_cursor"] else ""
    assert seen == sorted(set(seen))
    async with gateway.resources.database.connection() as conn:
        assert len(seen) == await conn.fetchval("SELECT count(*) FROM community")


async def test_what_administrators_do_is_in_the_audit_log(gateway: Gateway, admin: str) -> None:
    """With what it became."""
    slug = await opened(gateway, admin)
    await post(gateway, admin, f"/v1/communities/{slug}/close", reason="a mistake")
    async with gateway.resources.database.connection() as conn:
        acts = [row["action"] for row in await conn.fetch(ACTS, slug)]
    assert acts == ["community.opened", "community.closed"]


async def test_who_joins_and_who_closes_come_one_after_the_other(
    gateway: Gateway, admin: str
) -> None:
    """Whoever joined while it was being closed is in it, or was refused; nobody gets a 5xx."""
    slug = await opened(gateway, admin)
    joined = [gateway.register(community=slug) for _ in range(6)]
    closing = post(gateway, admin, f"/v1/communities/{slug}/close", reason="now")
    answers, (status, _) = await asyncio.gather(asyncio.gather(*joined), closing)
    assert status == 200
    assert {response.status for response, _ in answers} <= {201, 409}


async def test_home_is_opened_once_and_stays_closed(gateway: Gateway) -> None:
    """Any number of starts; what an administrator closed, a start does not open."""
    for _ in range(2):
        await open_home(gateway.resources)
    assert len(await told(gateway, "riverside")) == 1


async def test_communities_of_before_are_told_of(gateway: Gateway) -> None:
    """The migration opens them without an event; the next start says it, once."""
    async with gateway.resources.database.transaction() as conn:
        await conn.execute(
            "INSERT INTO community (slug, name, state, version, opened_at, changed_at)"
            " VALUES ('before', 'Before', 'OPEN', 0, now(), now())"
        )
    for _ in range(2):
        await open_home(gateway.resources)
    [event] = await told(gateway, "before")
    assert '"version":1' in event


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (JOIN.format("nowhere"), "users_community_is_open"),
        (JOIN.format("shut"), "users_community_is_open"),
        ("UPDATE users SET community = 'shut'", "users_community_is_open"),
        ("UPDATE community SET state = 'OPEN'", "community_state_has_versions"),
        ("UPDATE community SET version = version + 1", "community_state_has_versions"),
        ("UPDATE community SET state = 'AJAR', version = version + 1", "community_state_known"),
    ],
)
async def test_the_database_holds_it_too(
    scratch_database: ScratchDatabase, gateway: Gateway, statement: str, rule: str
) -> None:
    """Whoever writes."""
    await gateway.register()
    async with scratch_database.connect("gateway") as conn:
        await conn.execute(
            "INSERT INTO community (slug, name, state, version, opened_at, changed_at)"
            " VALUES ('shut', 'Shut', 'CLOSED', 1, now(), now()) ON CONFLICT DO NOTHING"
        )
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await conn.execute(statement)
        assert refused.value.constraint_name == rule


@pytest.mark.parametrize("column", ["slug = 'other'", "name = 'Other'", "opened_at = now()"])
async def test_a_community_keeps_its_name(
    scratch_database: ScratchDatabase, gateway: Gateway, column: str
) -> None:
    """The service may not write it, and who may is refused."""
    await gateway.register()
    statement = f"UPDATE community SET {column}, version = version + 1 WHERE slug = 'riverside'"
    async with scratch_database.connect("gateway") as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(statement)
    async with scratch_database.connect("migrator") as conn:
        await conn.execute("SET ROLE gateway_owner; SET search_path = gateway")
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            await conn.execute(statement)
        assert refused.value.constraint_name == "community_stays_itself"
