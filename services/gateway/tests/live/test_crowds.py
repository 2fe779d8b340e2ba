"""Thousands of streams: what they ask of the database, and what they leave to requests."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import pytest

from chassis.problems import Transient
from gateway.live import hub as hub_module
from gateway.live import queries
from services.gateway.tests.live.test_live import consumer, next_event, opened, records, stream


async def test_a_stream_without_the_database_is_asked_for_again(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No defect: 503, and when to come again."""
    _, token = await gateway.person()

    async def away(*_args: Any) -> int:
        raise Transient("the database gave no connection")

    monkeypatch.setattr(queries, "select_last", away)
    response, problem = await gateway.send("GET", "/v1/events", token=token)
    assert (response.status, problem["status"]) == (503, 503)
    assert int(response.headers["Retry-After"]) >= 1


async def test_a_crowd_of_streams_leaves_connections_to_requests(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that begin at once ask a few at a time."""
    tokens = [(await gateway.person())[1] for _ in range(3)]
    asking = most = 0
    select_last = queries.select_last

    async def slow(conn: Any, user_id: UUID) -> int:
        nonlocal asking, most
        asking += 1
        most = max(most, asking)
        await asyncio.sleep(0.02)
        asking -= 1
        return await select_last(conn, user_id)

    monkeypatch.setattr(queries, "select_last", slow)
    async with contextlib.AsyncExitStack() as stack:
        opening = [stack.enter_async_context(stream(gateway, t)) for t in tokens for _ in range(6)]
        await asyncio.gather(*opening)
    assert most == hub_module.ASKING_MAX


async def test_nothing_is_asked_for_a_stream_without_news(
    gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its heartbeats cost no statement; what comes then is sent all the same."""
    monkeypatch.setattr("gateway.live.stream.HEARTBEAT_SECONDS", 0.02)
    user_id, token = await gateway.person()
    asked = 0
    select_after = queries.select_after

    async def counted(*args: Any) -> Any:
        nonlocal asked
        asked += 1
        return await select_after(*args)

    monkeypatch.setattr(queries, "select_after", counted)
    async with stream(gateway, token) as response:
        for _ in range(10):
            while await response.content.readline() != b": heartbeat\n":
                pass
        assert asked == 1
        await consumer(gateway).handle(records([opened(UUID(user_id))]))
        assert (await next_event(response))["id"] == "1"
