"""Only so many requests at a time are let in; the rest are told so at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx2
import pytest
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from chassis.admission import Admission, look_at_backlog
from chassis.clock import SystemClock
from chassis.health import Health
from chassis.resources import Resources
from tests.stack.database import ScratchDatabase


class Slow:
    """An application that answers when it is told to."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.waiting = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, unless asked for something quick."""
        if scope["path"] == "/fails":
            raise ZeroDivisionError
        if scope["path"] == "/stream":
            await StreamingResponse(self._endless())(scope, receive, send)
            return
        self.waiting += 1
        if scope["path"] == "/slow":
            await self.go.wait()
        await PlainTextResponse("done")(scope, receive, send)

    async def _endless(self) -> AsyncIterator[bytes]:
        yield b"begun"
        await self.go.wait()


def client_of(app: Slow, health: Health, **settings: float) -> httpx2.AsyncClient:
    """A client of the application behind an admission."""
    chosen = {"inflight_max": 2, "outbox_age_max_seconds": 0} | settings
    guarded = Admission(app, health, SimpleNamespace(**chosen))
    transport = httpx2.ASGITransport(guarded, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://probe")


@pytest.fixture
def health() -> Health:
    """Nobody's health."""
    return Health("probe", database=None, expected_migrations=set())  # type: ignore[arg-type]


async def test_what_is_over_the_limit_is_turned_away_at_once(health: Health) -> None:
    """503 with Retry-After, while what was let in goes on; health is told all the same."""
    app = Slow()
    async with client_of(app, health) as client:
        inside = [asyncio.create_task(client.get("/slow")) for _ in range(2)]
        await asyncio.sleep(0.05)
        refused = await client.get("/quick")
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["content-type"] == "application/problem+json"
        assert app.waiting == 2
        assert (await client.get("/health/live")).status_code == 200
        app.go.set()
        assert [(await one).status_code for one in inside] == [200, 200]
        assert (await client.get("/quick")).status_code == 200


async def test_a_failure_and_a_stream_give_their_places_back(health: Health) -> None:
    """A request that fails is over; one whose answer has begun no longer counts."""
    app = Slow()
    async with client_of(app, health) as client:
        for _ in range(5):
            await client.get("/fails")
        streams = []
        for _ in range(5):
            streams.append(asyncio.create_task(client.get("/stream")))
            await asyncio.sleep(0.05)
        assert (await client.get("/quick")).status_code == 200
        app.go.set()
        assert {(await one).status_code for one in streams} == {200}


async def test_writes_wait_while_events_cannot_be_told(health: Health) -> None:
    """An old event that waits turns writes away, not reads; a limit of 0 never does."""
    app = Slow()
    health.outbox_oldest_seconds = 61
    async with client_of(app, health, outbox_age_max_seconds=60) as client:
        refused = await client.post("/quick")
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert (await client.get("/quick")).status_code == 200
        health.outbox_oldest_seconds = 59
        assert (await client.post("/quick")).status_code == 200
    async with client_of(app, health) as client:
        assert (await client.post("/quick")).status_code == 200


async def test_the_oldest_event_is_seen(scratch_database: ScratchDatabase, health: Health) -> None:
    """Of what waits, in any key partition; what was sent or given up does not count."""
    async with scratch_database.open("ledger") as database:
        resources = Resources(None, database, SystemClock(), health)
        insert = """
            INSERT INTO outbox (event_id, topic, key, part, headers, payload, created_at,
                published_at)
            VALUES (gen_random_uuid(), 't', 'k', $1, '{}', '', now() - $2::interval, $3)
        """
        async with database.transaction() as conn:
            await conn.execute(insert, 3, timedelta(seconds=30), None)
            await conn.execute(insert, 9, timedelta(seconds=90), None)
            await conn.execute(insert, 9, timedelta(seconds=600), datetime.now(UTC))
        await look_at_backlog(resources)
    assert 90 <= health.outbox_oldest_seconds < 120
