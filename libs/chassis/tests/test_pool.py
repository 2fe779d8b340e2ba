"""The pool of a service: from 2 connections to 20, idle for 30 s, and 2 s to connect."""

import asyncio
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import SecretStr

from chassis.database import open_database
from chassis.settings import ServiceSettings
from tests.stack.database import ScratchDatabase


class PoolSettings(ServiceSettings):
    """Nothing of its own."""

    service: ClassVar[str] = "gateway"


def settings_for(url: str, **others: Any) -> PoolSettings:
    """The defaults, over a database."""
    return PoolSettings(
        database_url=SecretStr(url),
        kafka_servers="nowhere",
        internal_jwks_file=Path("nowhere"),
        http_port=1,
        **others,
    )


async def test_it_is_as_large_as_is_promised(scratch: ScratchDatabase) -> None:
    """Two at the start, and never more than twenty: the next one waits for a place."""
    async with open_database(settings_for(scratch.url("gateway"))) as database:
        pool = database.pool
        assert pool.get_size() == 2
        taken = [await pool.acquire() for _ in range(20)]
        with pytest.raises(TimeoutError):
            await pool.acquire(timeout=0.1)
        assert pool.get_size() == 20
        for conn in taken:
            await pool.release(conn)


async def test_who_is_idle_is_let_go(scratch: ScratchDatabase) -> None:
    """After the time that is set, which is 30 s; two stay."""
    url = scratch.url("gateway")
    assert settings_for(url).pool_idle_seconds == 30
    async with (
        open_database(settings_for(url, pool_idle_seconds=0.1)) as database,
        asyncio.timeout(20),
    ):
        taken = [await database.pool.acquire() for _ in range(5)]
        assert database.pool.get_size() == 5
        for conn in taken:
            await database.pool.release(conn)
        while database.pool.get_size() > 2:  # noqa: ASYNC110 - a pool tells nobody
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
        assert database.pool.get_size() == 2


async def test_a_database_that_does_not_answer_is_given_up() -> None:
    """After the time that is set, which is 2 s; then it is tried again."""
    tries = 0
    again = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal tries
        tries += 1
        if tries > 4:
            again.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    url = f"postgresql://gateway:hush@{host}:{port}/db"
    assert settings_for(url).connect_timeout_seconds == 2
    async with server:
        opening = asyncio.create_task(_open(settings_for(url, connect_timeout_seconds=0.1)))
        await asyncio.wait_for(again.wait(), 20)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening


async def _open(settings: PoolSettings) -> None:
    async with open_database(settings):
        raise AssertionError("nobody answers")
