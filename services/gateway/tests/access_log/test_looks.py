"""What a service shows somebody with power of others is held back until it is written down."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from multidict import CIMultiDict

from chassis.http import told_looks
from services.gateway.tests.conftest import OPERATOR

WHY = "Ana asked where her payment is \u2014 it is late"


@pytest.fixture
async def operator_token(gateway: Any) -> str:
    """The session token of the first operator."""
    _, session = await gateway.log_in(*OPERATOR)
    token: str = session["token"]
    return token


def shows(*people: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A service that says whose things it shows."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        return web.json_response({"balance": "7.00"}, headers={"X-Looked-At": ",".join(people)})

    return answer


def shows_in_lines(
    told: list[tuple[bytes, bytes]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A service that says it in as many lines as it takes."""

    async def answer(_request: web.Request) -> web.StreamResponse:
        lines = CIMultiDict((name.decode(), value.decode()) for name, value in told)
        return web.json_response({"balance": "7.00"}, headers=lines)

    return answer


async def seen_by(gateway: Any, token: str) -> list[Any]:
    """Who looked at a person's things, as they see it."""
    _, page = await gateway.send("GET", "/v1/me/access-log", token=token)
    found: list[Any] = page["accesses"]
    return found


async def test_a_look_needs_a_reason(gateway: Any, operator_token: str) -> None:
    """Without one nothing of the answer comes out, and no look is told."""
    ana, token = await gateway.person()
    gateway.upstream.answer = shows(ana)
    for reason in ("", "short", "x" * 501, f"{WHY}\u202e"):
        headers = {"Access-Reason": reason} if reason else {}
        response, problem = await gateway.send(
            "GET", "/v1/accounts", token=operator_token, headers=headers
        )
        assert (response.status, problem["type"]) == (422, "urn:localex:problem:reason-needed")
        assert "7.00" not in str(problem)
    assert await seen_by(gateway, token) == []


async def test_a_look_is_written_down_and_shown(gateway: Any, operator_token: str) -> None:
    """Each of those whose things were shown sees who, what and why; the service's note stays in."""
    people = [await gateway.person() for _ in range(2)]
    gateway.upstream.answer = shows(*(user_id for user_id, _ in people))
    path = f"/v1/trades/{uuid4()}"
    headers = {"Access-Reason": WHY}
    response, shown = await gateway.send("GET", path, token=operator_token, headers=headers)
    assert (response.status, shown) == (200, {"balance": "7.00"})
    assert "X-Looked-At" not in response.headers
    _, me = await gateway.send("GET", "/v1/me", token=operator_token)
    for _, token in people:
        [look] = await seen_by(gateway, token)
        assert (look["reader_id"], look["what"], look["reason"]) == (me["id"], [path], WHY)
    async with gateway.resources.database.connection() as conn:
        row = await conn.fetchrow(
            "SELECT address, session_id, correlation_id FROM access_log WHERE subject_id = $1",
            UUID(people[0][0]),
        )
    assert all(row)


async def test_a_look_says_from_where(gateway: Any, operator_token: str) -> None:
    """The address, and what the program of whoever looked says it is."""
    ana, token = await gateway.person()
    gateway.upstream.answer = shows(ana)
    headers = {"Access-Reason": WHY, "User-Agent": "desk 7"}
    await gateway.send("GET", "/v1/accounts", token=operator_token, headers=headers)
    [look] = await seen_by(gateway, token)
    assert (look["address"], look["agent"]) == ("127.0.0.1", "desk 7")


@pytest.mark.parametrize(
    ("query", "is_look"),
    [("dry_run=true", True), ("dry_run=false&dry_run=1", True), ("dry_run=false", False)],
)
async def test_a_dry_run_is_a_look(
    gateway: Any, operator_token: str, query: str, is_look: bool
) -> None:
    """A write that only asks what would be shows what is; one that is done is an act."""
    ana, token = await gateway.person()
    gateway.upstream.answer = shows(ana)
    path = f"/v1/issuances?{query}"
    response, _ = await gateway.send("POST", path, token=operator_token, json={})
    assert response.status == (422 if is_look else 200)
    assert await seen_by(gateway, token) == []
    headers = {"Access-Reason": WHY}
    response, shown = await gateway.send(
        "POST", path, token=operator_token, json={}, headers=headers
    )
    assert (response.status, shown) == (200, {"balance": "7.00"})
    assert len(await seen_by(gateway, token)) == is_look


async def test_the_trail_of_roles_is_a_look(gateway: Any, operator_token: str) -> None:
    """Of another, with a reason that they see; one's own needs none."""
    ana, token = await gateway.person()
    _, me = await gateway.send("GET", "/v1/me", token=operator_token)
    for person, headers, status in (
        (ana, {}, 422),
        (ana, {"Access-Reason": "short"}, 422),
        (me["id"], {}, 200),
        (ana, {"Access-Reason": WHY}, 200),
        (str(uuid4()), {}, 404),
    ):
        response, told = await gateway.send(
            "GET", f"/v1/users/{person}/roles", token=operator_token, headers=headers
        )
        assert (response.status, "changes" in told) == (status, status == 200), told
    [look] = await seen_by(gateway, token)
    assert (look["what"], look["reason"], look["reader_id"]) == (["roles"], WHY, me["id"])


async def test_looks_at_many_are_all_written_down(gateway: Any, operator_token: str) -> None:
    """A group may have ten thousand owners: they come in many lines, and leave a row each."""
    people = {uuid4() for _ in range(10_000)}
    gateway.upstream.answer = shows_in_lines(told_looks(people))
    headers = {"Access-Reason": WHY}
    path = f"/v1/account-groups/{uuid4()}/balance"
    response, _ = await gateway.send("GET", path, token=operator_token, headers=headers)
    assert response.status == 200
    async with gateway.resources.database.connection() as conn:
        rows = await conn.fetch("SELECT subject_id FROM access_log WHERE what = $1", [path])
    assert {row["subject_id"] for row in rows} == people


async def test_a_look_that_cannot_be_written_is_none(
    gateway: Any, operator_token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the database away nothing is shown."""
    ana, _ = await gateway.person()
    gateway.upstream.answer = shows(ana)
    _, warm = await gateway.send("GET", "/v1/me", token=operator_token)
    assert warm["id"]

    def away() -> Any:
        raise TimeoutError

    monkeypatch.setattr(gateway.resources.database, "transaction", away)
    headers = {"Access-Reason": WHY}
    response, problem = await gateway.send(
        "GET", "/v1/accounts", token=operator_token, headers=headers
    )
    assert (response.status, "7.00" in str(problem)) == (503, False)


async def test_ones_own_is_no_look(gateway: Any, operator_token: str) -> None:
    """An operator's own account, and what a member is shown of theirs, need no reason."""
    _, me = await gateway.send("GET", "/v1/me", token=operator_token)
    user_id, token = await gateway.person()
    for person, bearer in ((me["id"], operator_token), (user_id, token)):
        gateway.upstream.answer = shows(person)
        response, _ = await gateway.send("GET", "/v1/accounts", token=bearer)
        assert response.status == 200


async def test_a_client_notes_nothing(gateway: Any, token: str) -> None:
    """The header of a request is not passed on, and a reason neither."""
    headers = {"X-Looked-At": str(uuid4()), "Access-Reason": WHY}
    _, seen = await gateway.send("GET", "/v1/accounts", token=token, headers=headers)
    assert not {"x-looked-at", "access-reason"} & set(seen["headers"])
