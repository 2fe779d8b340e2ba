"""Nothing personal is in what the gateway tells of requests to whoever collects traces."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.gateway.tests.conftest import (
    OPERATOR,
    Gateway,
    gateway_settings,
    run_gateway,
    serve_upstream,
)
from tests.stack.database import ScratchDatabase

PLANTED = ("planted.person@example.org", "+34611222333", "Planted Legal-Name")


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """What was told."""
    return InMemorySpanExporter()


@pytest.fixture
async def traced(
    scratch_database: ScratchDatabase, tmp_path: Path, spans: InMemorySpanExporter
) -> AsyncIterator[Gateway]:
    """A gateway whose spans are kept."""
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    async with serve_upstream() as upstream:
        settings = gateway_settings(tmp_path, scratch_database.url("gateway"))
        async with run_gateway(settings, upstream, provider) as running:
            yield running


async def test_spans_hold_nothing_personal(traced: Gateway, spans: InMemorySpanExporter) -> None:
    """Neither e-mail nor what the vault keeps, in names, attributes, events or errors."""
    email, phone, name = PLANTED
    _, user = await traced.register(email)
    _, session = await traced.log_in(email)
    await traced.log_in(email, "wrong")
    for field, value in (("phone", phone), ("legal_name", name), ("nationality", name)):
        await traced.send(
            "PUT",
            f"/v1/me/vault/{field}",
            token=session["token"],
            json={"value": value},
            headers={"Idempotency-Key": uuid4().hex},
        )
    _, operator = await traced.log_in(*OPERATOR)
    body = {"fields": ["phone", "legal_name"], "reason": "a look that is traced"}
    _, read = await traced.send(
        "POST", f"/v1/users/{user['id']}/vault/readings", token=operator["token"], json=body
    )
    assert [one["value"] for one in read["values"]] == [name, phone]
    told = "\n".join(span.to_json() for span in spans.get_finished_spans())
    assert "/vault/" in told
    assert not [planted for planted in PLANTED if planted in told]
