"""One trace from a request through outbox, relay and Kafka to the consumer, as it is exported."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import APIRouter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chassis import tracing
from chassis.clock import SystemClock
from chassis.consumer import Consumer
from chassis.database import Connection, Database
from chassis.health import Health
from chassis.messaging import Messaging
from chassis.outbox import emit
from chassis.resources import OpenDatabase, Resources
from chassis.sending import NotSent
from chassis.service import Service
from chassis.settings import ServiceSettings
from chassis.shutdown import Shutdown
from chassis.subscription import Subscription
from chassis.tokens import new_signing_key, public_jwks
from chassis.traced_sending import TracedSender
from contracts.ledger import AccountOpened
from libs.chassis.tests.probing import until
from libs.chassis.tests.words import ANA, BEN, account_opened
from tests.stack.backend import Backend

router = APIRouter()


class TracedSettings(ServiceSettings):
    """Nothing of its own."""

    service = "gateway"


@router.post("/accounts/{account_id}")
async def open_account(account_id: UUID, database: OpenDatabase) -> None:
    """Says that an account was opened."""
    async with database.transaction() as conn:
        await emit(conn, account_opened(account_id))


@pytest.fixture
def provider() -> TracerProvider:
    """Makes the spans of this process."""
    return TracerProvider()


@pytest.fixture
def exporter(provider: TracerProvider, monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """What a collector would be told."""
    told = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(told))
    monkeypatch.setattr(tracing, "_TRACER", provider.get_tracer("localex"))
    monkeypatch.setattr(tracing._state, "exports", True)
    return told


@pytest.fixture
def settings(tmp_path: Path, kafka: Backend) -> TracedSettings:
    """A process that speaks with the real Kafka."""
    jwks = tmp_path / "jwks.json"
    jwks.write_text(json.dumps(public_jwks([new_signing_key()])))
    return TracedSettings.model_validate(
        {
            "database_url": "postgresql://127.0.0.1:1/none",
            "kafka_servers": kafka.settings["LOCALEX_KAFKA_SERVERS"],
            "http_port": 1,
            "internal_jwks_file": jwks,
            "instance": f"traces-{uuid4().hex[:8]}",
        }
    )


@asynccontextmanager
async def delivering(
    settings: ServiceSettings, database: Database, subscription: Subscription
) -> AsyncIterator[None]:
    """Relay and consumer, as a process runs them."""
    shutdown = Shutdown()
    messaging = Messaging(settings, database, shutdown)
    consuming = asyncio.create_task(messaging.consume([Consumer(subscription, database)]))
    relaying = asyncio.create_task(messaging.relay())
    try:
        yield
    finally:
        shutdown.stop_consuming.set()
        shutdown.stop_relaying.set()
        messaging.stop_relay()
        await asyncio.gather(consuming, relaying)


async def ask(
    settings: ServiceSettings,
    database: Database,
    provider: TracerProvider,
    trace_id: str,
    *people: UUID,
) -> str:
    """Ask the application as a client with a trace of its own; the id of the client's span."""
    resources = Resources(settings, database, SystemClock(), Health("gateway", database, set()))
    service = Service("gateway", TracedSettings, Path(), routers=[router])
    app, client_span = service.app(resources, provider), uuid4().hex[:16]
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as client:
        for person in people:
            headers = {"traceparent": f"00-{trace_id}-{client_span}-01"}
            answer = await client.post(f"/v1/accounts/{person}", headers=headers)
            assert answer.status_code == 200, answer.text
    return client_span


def of_trace(exporter: InMemorySpanExporter, trace_id: str) -> list[ReadableSpan]:
    """What was exported of one trace."""
    return [
        span
        for span in exporter.get_finished_spans()
        if span.context and span.context.trace_id == int(trace_id, 16)
    ]


def parent_of(span: ReadableSpan) -> int | None:
    """The id of a span's parent."""
    return span.parent.span_id if span.parent else None


def id_of(span: ReadableSpan) -> int | None:
    """The id of a span."""
    return span.context.span_id if span.context else None


async def test_a_request_and_what_it_set_off_are_one_trace(
    database: Database,
    settings: TracedSettings,
    provider: TracerProvider,
    exporter: InMemorySpanExporter,
) -> None:
    """Each span is the child of the one before it, and what the handler says goes on from it."""
    trace_id, group = uuid4().hex, f"gateway.traces_{uuid4().hex[:8]}"
    handled: dict[UUID, str | None] = {}

    async def handle(_conn: Connection, message: AccountOpened) -> None:
        handled[message.account_id] = tracing.current_traceparent()

    async def all_told() -> bool:
        return len(of_trace(exporter, trace_id)) >= 3

    account = uuid4()
    async with delivering(settings, database, Subscription(group, {AccountOpened: handle})):
        client_span = await ask(settings, database, provider, trace_id, account)
        await until(all_told)
    spans = {span.kind: span for span in of_trace(exporter, trace_id)}
    assert len(of_trace(exporter, trace_id)) == len(spans) == 3
    request, relay, consumer = (
        spans[kind] for kind in (SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER)
    )
    assert relay.name == "relay ledger.AccountOpened"
    assert consumer.name == f"{group} ledger.AccountOpened"
    assert parent_of(request) == int(client_span, 16)
    assert parent_of(relay) == id_of(request)
    assert parent_of(consumer) == id_of(relay)
    assert handled[account] == f"00-{trace_id}-{id_of(consumer):016x}-01"


async def test_a_batch_is_linked_with_all_that_it_handles(
    database: Database,
    settings: TracedSettings,
    provider: TracerProvider,
    exporter: InMemorySpanExporter,
) -> None:
    """It has no single parent: its messages come from several traces, or from one several times."""
    trace_id, group = uuid4().hex, f"gateway.traces_{uuid4().hex[:8]}"
    people = {uuid4(), uuid4()}
    handled: set[UUID] = set()

    async def handle(_conn: Connection, deliveries: Any) -> None:
        handled.update(delivery.message.account_id for delivery in deliveries)

    async def all_handled() -> bool:
        return handled >= people

    batch = Subscription(group, batch=handle, messages=(AccountOpened,))
    async with delivering(settings, database, batch):
        await ask(settings, database, provider, trace_id, *people)
        await until(all_handled)
    relayed = {id_of(s) for s in of_trace(exporter, trace_id) if s.kind is SpanKind.PRODUCER}
    linked = {
        link.context.span_id
        for span in exporter.get_finished_spans()
        if span.name == f"{group} batch"
        for link in span.links
        if link.context.trace_id == int(trace_id, 16)
    }
    assert len(relayed) == 2
    assert linked == relayed


async def test_what_is_not_sent_says_so_in_its_span(exporter: InMemorySpanExporter) -> None:
    """Each try has a span of its own; the message goes on with the span of its own try."""
    sent: list[Any] = []

    class Refusing:
        async def send(self, rows: Any) -> list[BaseException | None]:
            sent.extend(json.loads(row["headers"])["traceparent"] for row in rows)
            return [None, NotSent()]

        async def renew(self) -> None:
            """Nothing to renew."""

    traceparent = f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"
    rows = [
        {"topic": "t", "key": str(who), "headers": json.dumps({"traceparent": traceparent})}
        for who in (ANA, BEN)
    ]
    await TracedSender(Refusing()).send(rows)
    first, second = exporter.get_finished_spans()
    assert first.status.status_code is StatusCode.UNSET
    assert second.status.status_code is StatusCode.ERROR
    trace_id = traceparent.split("-")[1]
    assert sent == [f"00-{trace_id}-{id_of(span):016x}-01" for span in (first, second)]
