"""The cache of sessions on the real Valkey: away it is slower, and it is never wrong."""

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chassis.ids import new_id
from gateway.sessions.cache import SessionCache
from gateway.sessions.find import find_session
from gateway.sessions.log_out import log_out
from gateway.sessions.models import Session
from gateway.users.models import User
from tests.stack.backend import Backend

NOW = datetime.now(UTC)


def new_session() -> tuple[bytes, Session]:
    """A token's hash and its session."""
    user = User(new_id(), "Ana", "riverside", ("MEMBER",), NOW)
    digest = hashlib.sha256(uuid4().bytes).digest()
    return digest, Session(new_id(), user, NOW + timedelta(hours=1))


@pytest.fixture
async def cache(valkey: Backend) -> AsyncIterator[SessionCache]:
    """A cache as the gateway's own Valkey user."""
    opened = SessionCache(valkey.settings["GATEWAY_VALKEY_URL"])
    yield opened
    await opened.close()


async def test_a_session_comes_back_as_it_was(cache: SessionCache) -> None:
    """What is read equals what was kept."""
    digest, session = new_session()
    assert await cache.get(digest) is None
    await cache.put(digest, session)
    assert await cache.get(digest) == session


async def test_a_revocation_wins_over_a_slow_reader(cache: SessionCache) -> None:
    """Who read the session before it was revoked cannot bring it back into the cache."""
    digest, session = new_session()
    await cache.put(digest, session)
    await cache.revoke(digest)
    await cache.put(digest, session)
    assert await cache.get(digest) is False


async def test_a_log_out_reaches_the_cache(gateway: Any, cache: SessionCache) -> None:
    """A session that was just read from the cache is over with its log-out."""
    database = gateway.resources.database
    _, token = await gateway.person()
    session = await find_session(database, cache, token, now=NOW)
    assert session is not None
    digest = hashlib.sha256(token.encode()).digest()
    assert await cache.get(digest) == session
    await log_out(database, cache, session.id, now=NOW)
    assert await cache.get(digest) is False
    assert await find_session(database, cache, token, now=NOW) is None


async def test_without_valkey_nothing_is_known_and_nothing_waits() -> None:
    """A cache that is away is asked once a second at most, and never fails its caller."""
    cache = SessionCache("redis://gateway:x@127.0.0.1:9/0")
    started = time.perf_counter()
    for _ in range(100):
        digest, session = new_session()
        await cache.put(digest, session)
        assert await cache.get(digest) is None
    assert time.perf_counter() - started < 1
    await cache.close()


async def test_a_revocation_that_valkey_missed_is_said_when_it_is_back(valkey: Backend) -> None:
    """Meanwhile this process knows; afterwards every process does."""
    url = valkey.settings["GATEWAY_VALKEY_URL"]
    cache, other = SessionCache(url), SessionCache(url, kept_seconds=0)
    digest, session = new_session()
    await cache.put(digest, session)
    cache._valkey.away_until = time.monotonic() + 0.2
    await cache.revoke(digest)
    assert await cache.get(digest) is False
    assert await other.get(digest) == session
    cache._valkey.away_until = 0.0
    assert await cache.get(new_session()[0]) is None
    assert await other.get(digest) is False
    for opened in (cache, other):
        await opened.close()


async def test_without_an_address_nothing_is_cached() -> None:
    """A gateway without Valkey asks Postgres each time."""
    cache = SessionCache(None)
    digest, session = new_session()
    await cache.put(digest, session)
    assert await cache.get(digest) is None
    await cache.close()


async def test_what_is_kept_here_is_not_asked_of_valkey(cache: SessionCache) -> None:
    """A session that was just found is answered by the process itself."""
    digest, session = new_session()
    await cache.put(digest, session)
    assert await cache.get(digest) == session
    cache._valkey.away_until = time.monotonic() + 60
    assert await cache.get(digest) == session


async def test_another_process_hears_of_a_revocation_in_its_time(valkey: Backend) -> None:
    """What a process keeps is forgotten after its time, counted from before it was read."""
    url = valkey.settings["GATEWAY_VALKEY_URL"]
    cache, other = SessionCache(url), SessionCache(url, kept_seconds=0.1)
    digest, session = new_session()
    await cache.put(digest, session)
    assert await other.get(digest) == session
    await cache.revoke(digest)
    await asyncio.sleep(0.11)
    assert await other.get(digest) is False
    for opened in (cache, other):
        await opened.close()


async def test_what_was_read_before_a_revocation_is_not_kept(cache: SessionCache) -> None:
    """A slow reader of the database in the same process cannot bring a session back either."""
    digest, session = new_session()
    read_at = time.monotonic()
    await cache.revoke(digest)
    await cache.put(digest, session, read_at=read_at)
    assert await cache.get(digest) is False


async def test_without_valkey_the_process_keeps_what_it_read() -> None:
    """Postgres is asked once a second for a session, not at each request."""
    cache = SessionCache(None)
    digest, session = new_session()
    await cache.put(digest, session, read_at=time.monotonic())
    assert await cache.get(digest) == session
    await cache.revoke(digest)
    assert await cache.get(digest) is False
    await cache.close()
