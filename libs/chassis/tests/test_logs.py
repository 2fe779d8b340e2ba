"""A log line says to which request, trace and message it belongs; no secret reaches it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import APIRouter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON

from chassis import tracing
from chassis.access import ALL_ROLES
from chassis.consumer import Consumer
from chassis.database import Connection, Database
from chassis.express import Call, Express, ExpressRoute
from chassis.health import Health
from chassis.http import create_app
from chassis.ids import new_id
from chassis.logs import REDACTED, get_logger, redact
from chassis.problems import Forbidden, Transient
from chassis.subscription import Subscription
from chassis.tokens import Caller
from contracts.ledger import AccountOpened
from libs.chassis.tests.log_lines import telling
from libs.chassis.tests.test_consumer import delivered
from libs.chassis.tests.words import ANA, BEN, account_opened

log = get_logger(__name__)
router = APIRouter()
SPANS: list[str] = []


def say() -> None:
    """Write a line, and keep the id of the span in which that was."""
    SPANS.append((tracing.current_traceparent() or "--").split("-")[2])
    log.info("probe.said")


@router.get("/quietly")
async def quietly() -> None:
    """Says something, and answers."""
    say()


@router.get("/closed")
async def closed() -> None:
    """Open to nobody."""
    raise Forbidden("no")


@router.get("/away")
async def away() -> None:
    """Waits for somebody."""
    raise Transient("Kafka is away")


@router.get("/defect")
async def defect() -> None:
    """Does not work."""
    raise ZeroDivisionError


@pytest.fixture(params=[True, False], ids=["collected", "not collected"])
def provider(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    """Makes spans, where somebody collects them and where nobody does."""
    provider = TracerProvider(sampler=ALWAYS_ON if request.param else ALWAYS_OFF)
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("localex"))
    monkeypatch.setattr(tracing._state, "exports", request.param)
    SPANS.clear()
    return provider


@asynccontextmanager
async def speaking_with(app: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as opened:
        yield opened


@pytest.fixture
async def client(provider: TracerProvider) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the framework's application."""
    app = create_app("probe", [router], body_max_bytes=1024, tracing=provider)
    app.state.health = Health("probe", database=None, expected_migrations=set())  # type: ignore[arg-type]
    async with speaking_with(app) as opened:
        yield opened


def test_secrets_are_blanked_by_name_and_by_shape() -> None:
    """However deep they are, and whatever they are called."""
    event = {
        "event": "x.happened",
        "password": "hunter2",
        "nested": {"api_key": "k", "list": [{"Authorization": "Bearer abc"}]},
        "note": "token eyJhbGciOiJFZDI1NTE5In0.eyJzdWIiOiIxIn0.c2lnbmF0dXJl in text",
        "url": "postgresql://ledger:s3cret@127.0.0.1/db",
        "session": "lxs_0123456789abcdefghijklmnop",
        "amount_minor": 7500,
    }
    text = str(redact(None, "info", event))
    for secret in ("hunter2", "'k'", "Bearer abc", "eyJ", "s3cret", "lxs_"):
        assert secret not in text
    assert "7500" in text
    assert REDACTED in text


def test_a_log_line_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    """Ours and the libraries' alike, with the service's name."""
    with telling(capsys) as lines:
        get_logger("probe").info("probe.done", count=3)
        logging.getLogger("library").warning("by the way %s", "x")
    first, second = lines
    assert (first["event"], first["count"], first["level"]) == ("probe.done", 3, "info")
    assert "service" in first
    assert second["event"] == "by the way x"


@pytest.mark.parametrize(
    ("path", "event"),
    [
        ("quietly", "probe.said"),
        ("closed", "request.refused"),
        ("away", "request.unavailable"),
        ("defect", "request.failed"),
    ],
)
async def test_a_line_of_a_request_has_its_ids(
    client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str], path: str, event: str
) -> None:
    """The id that the request came with, and the trace of its caller, whatever became of it."""
    asked, trace_id, client_span = f"asked-{uuid4()}", uuid4().hex, uuid4().hex[:16]
    headers = {"x-request-id": asked, "traceparent": f"00-{trace_id}-{client_span}-01"}
    with telling(capsys) as lines:
        answer = await client.get(f"/v1/{path}", headers=headers)
    assert answer.headers["x-request-id"] == asked
    (line,) = lines
    assert (line["event"], line["correlation_id"], line["trace_id"]) == (event, asked, trace_id)
    assert len(line["span_id"]) == 16
    assert line["span_id"] != client_span
    said = [line["span_id"]] if path == "quietly" else []
    assert said == SPANS


async def test_lines_of_two_requests_are_told_apart(
    client: httpx2.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """A request without ids gets its own, in the line as in the answer."""
    with telling(capsys) as lines:
        answers = [await client.get("/v1/quietly") for _ in range(2)]
    assert [line["correlation_id"] for line in lines] == [
        answer.headers["x-request-id"] for answer in answers
    ]
    assert len({line["correlation_id"] for line in lines}) == 2
    assert len({line["trace_id"] for line in lines}) == 2


async def test_a_line_of_an_express_request_has_its_ids(
    provider: TracerProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on the framework's way."""

    async def handle(_call: Call) -> Any:
        say()
        raise ZeroDivisionError

    route = ExpressRoute("GET", "/v1/state", ALL_ROLES, handle)
    caller = Caller(ANA, frozenset({"MEMBER"}), "riverside")
    verifier: Any = SimpleNamespace(verify=lambda _: caller)
    nothing: Any = None
    asked, trace_id, client_span = f"asked-{uuid4()}", uuid4().hex, uuid4().hex[:16]
    headers = {
        "authorization": "Bearer x",
        "x-request-id": asked,
        "traceparent": f"00-{trace_id}-{client_span}-01",
    }
    async with speaking_with(Express(nothing, [route], nothing, verifier)) as client:
        with telling(capsys) as lines:
            answer = await client.get("/v1/state", headers=headers)
    assert (answer.status_code, answer.json()["trace_id"]) == (500, trace_id)
    assert [line["event"] for line in lines] == ["probe.said", "request.failed"]
    assert {line["correlation_id"] for line in lines} == {asked}
    assert {line["trace_id"] for line in lines} == {trace_id}
    assert {line["span_id"] for line in lines} == {*SPANS} != {client_span}


async def test_a_line_of_a_consumer_has_the_ids_of_its_message(
    database: Database, provider: TracerProvider, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of its own, not of its neighbour: the request that set it off, the message, the trace."""

    async def handle(_conn: Connection, _message: AccountOpened) -> None:
        say()

    records, expected = [], []
    for account in (ANA, BEN):
        event_id, trace_id, asked = new_id(), uuid4().hex, f"asked-{uuid4()}"
        record = delivered(
            account_opened(account),
            event_id=event_id,
            traceparent=f"00-{trace_id}-00f067aa0ba902b7-01",
            correlation_id=asked,
        )
        records.append(record)
        expected.append((asked, str(event_id), trace_id))
    with telling(capsys) as lines:
        await Consumer(Subscription("gateway.probe", {AccountOpened: handle}), database).handle(
            records
        )
        log.info("probe.ended")
    *told, after = lines
    assert [
        (line["correlation_id"], line["causation_id"], line["trace_id"]) for line in told
    ] == expected
    assert [line["span_id"] for line in told] == SPANS
    assert len({*SPANS, "00f067aa0ba902b7"}) == 3
    assert not {"correlation_id", "causation_id", "trace_id", "span_id"} & after.keys()
