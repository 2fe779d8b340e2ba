"""What operators are woken by is told at `/metrics`, and each alert asks for what is told."""

import ast
import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from chassis import health
from chassis.aftercare import look_after
from chassis.database import Database
from chassis.outbox import PARTS, emit
from chassis.relay import Relay
from chassis.resources import Resources
from chassis.watching import letters_job
from libs.chassis.tests.probing import probing, until
from libs.chassis.tests.test_operators import REDRIVE, Mendable, buried, operator
from libs.chassis.tests.test_relay import RecordingBroker, relay_until_idle
from libs.chassis.tests.words import ANA, BEN, account_opened
from tests.stack.database import ScratchDatabase
from tests.tidy.tree import ROOT

__all__ = ["operator"]

type Figures = Callable[..., Awaitable[float | None]]


def figure_of(text: str, name: str, **labels: str) -> float | None:
    """One sample of what `/metrics` says; nothing where there is none."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return None


@pytest.fixture
async def figures() -> AsyncIterator[Figures]:
    """Asks this process's `/metrics` for a figure."""
    app = FastAPI()
    app.include_router(health.router)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://probe") as client:

        async def ask(name: str, **labels: str) -> float | None:
            return figure_of((await client.get("/metrics")).text, name, **labels)

        yield ask


async def owned(figures: Figures) -> list[float | None]:
    """Which parts the relay of this process owns, and how many."""
    parts = [await figures("localex_outbox_part_owned", part=str(n)) for n in range(PARTS)]
    return [*parts, await figures("localex_outbox_parts_owned")]


async def test_the_owner_of_each_part_is_told(database: Database, figures: Figures) -> None:
    """While it relays; when it has stopped it owns none."""
    relay = Relay(database, RecordingBroker())
    running = asyncio.create_task(relay.run())

    async def owns_all() -> bool:
        return await owned(figures) == [*[1.0] * PARTS, PARTS]

    await until(owns_all)
    relay.stop()
    await running
    assert await owned(figures) == [0.0] * (PARTS + 1)


async def test_what_kafka_does_not_take_is_counted(database: Database, figures: Figures) -> None:
    """By the error, each try, whether the broker is away or the row is to blame."""
    names = ("KafkaConnectionError", "MessageSizeTooLargeError")

    async def told() -> list[float]:
        failed = await figures("localex_outbox_failed_total")
        errors = [await figures("localex_outbox_errors_total", error=name) for name in names]
        return [one or 0 for one in (*errors, failed)]

    before = await told()
    async with database.transaction() as conn:
        await emit(conn, account_opened(ANA, "a0"), account_opened(BEN, "b0"))
    broker = RecordingBroker()
    broker.fail[str(ANA).encode()] = [KafkaConnectionError(), KafkaConnectionError()]
    broker.fail[str(BEN).encode()] = [MessageSizeTooLargeError() for _ in range(3)]
    await relay_until_idle(database, broker)
    after = await told()
    assert [now - then for then, now in zip(before, after, strict=True)] == [2, 3, 1]
    assert await figures("localex_outbox_pending") is not None


async def test_letters_that_wait_are_told_by_group_and_state(
    database: Database, operator: Any, figures: Figures
) -> None:
    """Dead, asked to be handled again, and handled: then it is none, and not a gap."""
    handler = Mendable()
    consumer, letter = await buried(database, handler)
    job = letters_job([consumer.group, "gateway.quiet"])
    resources = Resources(None, database, None, None)  # type: ignore[arg-type]

    async def told(group: str) -> list[float | None]:
        await job.work(resources)
        return [
            await figures("localex_dead_letters", group=group, state=state)
            for state in ("DEAD", "WAITING")
        ]

    assert await told(consumer.group) == [1, 0]
    await operator.fetchval(REDRIVE, letter)
    assert await told(consumer.group) == [0, 1]
    handler.wrong = None
    assert await look_after(consumer) == 1
    assert await told(consumer.group) == await told("gateway.quiet") == [0, 0]


async def test_a_loop_that_is_blocked_does_not_live_and_tells_afterwards(
    scratch: ScratchDatabase, tmp_path: Path
) -> None:
    """Whoever asks whether it lives waits as long as the loop does; a slow handler delays nobody.

    The probe runs as a service does: the figure is told by whoever serves, whatever blocked it.
    """
    async with probing(tmp_path, scratch, "serve") as probe:
        await probe.status("/health/ready", 200)
        slow = asyncio.create_task(probe.ask("/v1/slow"))
        await probe.begun("request")
        await probe.status("/health/live", 200)
        hanging = asyncio.create_task(probe.ask("/v1/hanging?seconds=2"))
        await probe.begun("hanging")
        await probe.status("/health/live", 200)
        assert (tmp_path / "hanging.ended").exists()
        assert not slow.done()
        (tmp_path / "request.ends").touch()
        assert all(answer is not None for answer in await asyncio.gather(slow, hanging))

        async def late() -> bool:
            answer = await probe.ask("/metrics")
            lag = figure_of(answer.text if answer else "", "localex_loop_lag_seconds")
            return lag is not None and lag > 1.5

        await until(late)
        told = (await probe.status("/metrics", 200)).text
        assert figure_of(told, "localex_outbox_oldest_seconds") is not None


def declared_metrics() -> dict[str, set[str]]:
    """Every metric that the code declares, with the names of its labels."""
    found = {}
    for folder in ("libs", "services"):
        for path in (ROOT / folder).glob("**/src/**/*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id in ("Gauge", "Counter", "Histogram")
                    and isinstance(node.args[0], ast.Constant)
                ):
                    name, *others = map(ast.literal_eval, node.args)
                    found[name] = set(others[1]) if len(others) > 1 else set()
    return found


def test_alerts_ask_for_what_is_told() -> None:
    """Each name on the page is a metric of some process, with labels that it has."""
    page = (ROOT / "docs/operations/alerts.md").read_text()
    declared = declared_metrics()
    rules = re.findall(r"(localex_\w+?)(?:_total|_bucket)?\b(?:\{([^}]*)\})?", page)
    assert len({name for name, _ in rules}) >= 8
    for name, labels in rules:
        assert name in declared, name
        assert {re.split("!?=", one)[0] for one in labels.split(",") if one} <= declared[name]
