"""Problems have one form; a defect tells only its trace id; every answer has a request id."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import uuid4

import httpx2
import pytest
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from chassis import context
from chassis.health import Health
from chassis.http import create_app
from chassis.problems import Forbidden, Missing, Refused, TooMany, Transient, Unauthenticated

router = APIRouter()
SHOWN = (uuid4(), uuid4())


class Wish(BaseModel):
    """A body with rules."""

    model_config = ConfigDict(extra="forbid")

    amount: Annotated[str, Field(max_length=5)]


PROBLEMS = {
    "401": Unauthenticated("who are you"),
    "403": Forbidden("no", needs=["OPERATOR"]),
    "404": Missing("no such trade"),
    "409": Refused("too late"),
    "429": TooMany("slow down", retry_after_seconds=7),
    "503": Transient("Kafka is away", retry_after_seconds=3),
    "deadlock": TimeoutError(),
    "500": ZeroDivisionError("secret detail"),
}


@router.get("/fail/{name}")
async def fail(name: str) -> None:
    """Raise what is asked for."""
    raise PROBLEMS[name]


@router.get("/looks")
async def looks() -> None:
    """Show somebody with power what is others'."""
    context.look(*SHOWN, None)


@router.patch("/wishes/{wish_id}")
@router.delete("/wishes/{wish_id}")
@router.get("/wishes/{wish_id}")
async def one_wish(wish_id: int) -> int:
    """Echo."""
    return wish_id


@router.post("/wishes/import")
async def import_wishes() -> None:
    """Nothing."""


@router.post("/wishes")
async def wish(wanted: Wish, page: Annotated[int, Query(ge=1)] = 1) -> dict[str, str]:
    """Echo."""
    return {"amount": wanted.amount, "page": str(page)}


@asynccontextmanager
async def open_client(body_max_bytes: int) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an app with those routes."""
    app = create_app("probe", [router], body_max_bytes=body_max_bytes)
    app.state.health = Health("probe", database=None, expected_migrations=set())  # type: ignore[arg-type]
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an app that takes small bodies."""
    async with open_client(1500) as client:
        yield client


@pytest.fixture
async def large() -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an app that takes large bodies."""
    async with open_client(200_000) as client:
        yield client


@pytest.mark.parametrize("name", ["401", "403", "404", "409", "429", "503"])
async def test_a_problem_has_its_status_type_and_detail(
    client: httpx2.AsyncClient, name: str
) -> None:
    """RFC 9457, with facts as fields and the headers that go with it."""
    answer = await client.get(f"/v1/fail/{name}")
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, document["status"]) == (int(name), int(name))
    assert document["type"].startswith("urn:localex:problem:")
    assert document["detail"]
    expected = {
        "401": ("www-authenticate", "Bearer"),
        "429": ("retry-after", "7"),
        "503": ("retry-after", "3"),
    }
    if name in expected:
        header, value = expected[name]
        assert answer.headers[header] == value
    if name == "403":
        assert document["needs"] == ["OPERATOR"]


async def test_a_dependency_s_time_out_is_503_not_500(client: httpx2.AsyncClient) -> None:
    """What is ours to retry is the client's to retry, too."""
    answer = await client.get("/v1/fail/deadlock")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_a_defect_tells_only_its_trace_id(client: httpx2.AsyncClient) -> None:
    """No message, no stack: the logs have them."""
    answer = await client.get("/v1/fail/500")
    assert answer.status_code == 500
    assert len(answer.json()["trace_id"]) == 32
    assert "secret detail" not in answer.text
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("content", "field", "status"),
    [
        (b'{"amount": 1.5}', "amount", 422),
        (b'{"amount": "123456"}', "amount", 422),
        (b'{"amount": "1", "role": "ADMIN"}', "role", 422),
        (b"{}", "amount", 422),
        (b"[]", "body", 422),
        (b"{", "body", 422),
        (b'{"amount": NaN}', "amount", 422),
        (b"\xff\xfe", "body", 422),
        (b'{"amount": "\xff"}', "amount", 422),
        (b'{"amount": "\xed\xa0\x80"}', "amount", 422),
        (b'{"amount": "\\ud800"}', "amount", 422),
        (b'{"amount": "' + b"1" * 2000 + b'"}', None, 413),
    ],
)
async def test_bad_bodies_are_problems_that_name_the_field(
    client: httpx2.AsyncClient, content: bytes, field: str | None, status: int
) -> None:
    """Never a 5xx, and the rejected value is not echoed."""
    answer = await client.post(
        "/v1/wishes", content=content, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    if field:
        assert field in [error["field"] for error in answer.json()["errors"]]
    assert "123456" not in answer.text


@pytest.mark.parametrize(
    ("content", "rule", "message", "fields"),
    [
        (b"{", "json_invalid", "character 1", ["body"]),
        (b'{"amount": "1",}', "json_invalid", "character 14", ["body"]),
        (b'{"amount": "1\x00"}', "json_invalid", "character 13", ["body"]),
        (b"[" * 1000 + b"\xff", "string_unicode", "byte 1000", ["body"]),
        (b'{"amount": "\xff\xfe"}', "string_unicode", "byte 12", ["amount"]),
        (b'{"amount": "\xc3\xa9\xe9"}', "string_unicode", "byte 14", ["amount"]),
        (b'{"a": [{"b": 1}, {"b": "\xff"}]}', "string_unicode", "byte 24", ["a.1.b"]),
        (b'{"a": "\xff", "b": "c", "d": "\xfe"}', "string_unicode", "byte 7", ["a", "d"]),
        (b'{"a": {"\xff": 1, "\xfe": 2}}', "string_unicode", "byte 8", ["a"]),
        (b'{"\xff": 1}', "string_unicode", "byte 2", ["body"]),
        (b'"\xff"', "string_unicode", "byte 1", ["body"]),
        (b'{"amount": "\xff"', "string_unicode", "byte 12", ["body"]),
        (
            b'{"a": [' + b'"\xff",' * 40 + b"1]}",
            "string_unicode",
            "byte 8",
            [*map("a.{}".format, range(20))],
        ),
        (b'{"' + b"a" * 500 + b'": "\xff"}', "string_unicode", "byte 506", ["a" * 200]),
        ('{"a": "é"}'.encode("utf-16")[:-1], "string_unicode", "byte 20", ["body"]),
    ],
)
async def test_what_cannot_be_read_is_named_with_its_place(
    client: httpx2.AsyncClient, content: bytes, rule: str, message: str, fields: list[str]
) -> None:
    """The member with the broken text, else the body; where it breaks is in the message."""
    answer = await client.post(
        "/v1/wishes", content=content, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    problem = answer.json()
    assert problem["type"] == "urn:localex:problem:malformed"
    assert [error["field"] for error in problem["errors"]] == fields
    for error in problem["errors"]:
        assert error["rule"] == rule
        assert error["message"].removesuffix(" of the body").endswith(f" {message}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "is nested too deep"),
        (b'{"amount": 1' + b"0" * 5000 + b"}", "has a number with too many digits"),
    ],
)
async def test_what_is_too_much_to_read_is_named(
    large: httpx2.AsyncClient, content: bytes, message: str
) -> None:
    """It is JSON, and none that anybody means."""
    answer = await large.post(
        "/v1/wishes", content=content, headers={"content-type": "application/json"}
    )
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"field": "body", "rule": "json_invalid", "message": message}],
    )


async def test_an_unknown_route_and_method_are_problems(client: httpx2.AsyncClient) -> None:
    """The framework's own answers have the form, too."""
    for answer in (await client.get("/v1/nothing"), await client.delete("/v1/wishes")):
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.status_code in (404, 405)


async def test_another_method_is_told_all_that_there_are(client: httpx2.AsyncClient) -> None:
    """`Allow` names the methods of every route with the path, not those of the first alone."""
    answer = await client.post("/v1/wishes/7")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, PATCH, DELETE")
    word = await client.put("/v1/wishes/import")
    assert (word.status_code, word.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("offered", "kept"), [("abcdef12", True), ("short", False), ("x" * 65, False), ("a b", False)]
)
async def test_a_request_id_is_kept_when_it_is_well_formed(
    client: httpx2.AsyncClient, offered: str, kept: bool
) -> None:
    """Otherwise a new one is given: it goes into logs and events."""
    answer = await client.get("/health/live", headers={"x-request-id": offered})
    assert (answer.headers["x-request-id"] == offered) is kept


async def test_health_and_metrics_answer(client: httpx2.AsyncClient) -> None:
    """They need no token, and say who answers."""
    assert (await client.get("/health/live")).json()["service"] == "probe"
    assert "localex_http_request_seconds" in (await client.get("/metrics")).text


async def test_whose_things_are_shown_is_told_the_gateway(client: httpx2.AsyncClient) -> None:
    """For the request that shows them, and for no other."""
    answer = await client.get("/v1/looks")
    assert answer.headers["x-looked-at"] == ",".join(sorted(str(one) for one in SHOWN))
    assert "x-looked-at" not in (await client.get("/v1/fail/404")).headers
    context.look(*SHOWN)
    assert "x-looked-at" not in (await client.get("/v1/fail/404")).headers
