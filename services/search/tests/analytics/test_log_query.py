"""The query log: bounded, written together, pruned, and never in the way."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest

from chassis.clock import FixedClock
from chassis.database import Database
from chassis.health import Health
from chassis.resources import Resources
from contracts.gateway import UserErased
from search.analytics.consumers import on_user_erased
from search.analytics.log_query import WAITING_MAX, QueryLog, QueryRecord
from search.analytics.prune import prune_query_log
from search.analytics.queries import insert_click
from services.search.tests.offers import NOON
from tests.stack.database import ScratchDatabase

RECORD = QueryRecord(
    query_id=UUID(int=1),
    searched_at=NOON,
    user_id=UUID(int=2),
    community="riverside",
    q="soap",
    filters={},
    page=False,
    hits=3,
    tolerant=False,
    took_ms=5,
)


@pytest.fixture
async def database(scratch_database: ScratchDatabase) -> AsyncIterator[Database]:
    """As the role `search`, with nothing logged."""
    async with scratch_database.open("search") as opened:
        async with opened.transaction() as conn:
            await conn.execute("DELETE FROM query_log")
            await conn.execute("DELETE FROM search_click")
        yield opened


async def count(database: Database) -> int:
    """Lines in the log."""
    async with database.connection() as conn:
        lines: int = await conn.fetchval("SELECT count(*) FROM query_log")
        return lines


async def test_what_waits_is_written_when_the_log_closes(database: Database) -> None:
    """A process that stops loses nothing, and a repeated id is kept once."""
    async with QueryLog.open(database) as log:
        log.add(RECORD)
        log.add(RECORD)
        log.add(replace(RECORD, query_id=uuid4()))
    assert await count(database) == 2


async def test_a_log_that_can_not_be_written_gives_up_its_oldest_lines(database: Database) -> None:
    """Memory has a limit."""
    log = QueryLog(database)
    for _ in range(WAITING_MAX + 10):
        log.add(replace(RECORD, query_id=uuid4()))
    await log.flush()
    assert await count(database) == WAITING_MAX


async def test_old_lines_are_forgotten(database: Database) -> None:
    """Only what is older than the settings allow."""
    log = QueryLog(database)
    log.add(replace(RECORD, query_id=uuid4(), searched_at=NOON - timedelta(days=91)))
    log.add(replace(RECORD, query_id=uuid4(), searched_at=NOON - timedelta(days=89)))
    await log.flush()
    settings = SimpleNamespace(query_log_days=90)
    health = Health("search", database, set())
    await prune_query_log(Resources(settings, database, FixedClock(NOON), health))
    assert await count(database) == 1


async def test_who_is_erased_searched_for_nothing(database: Database) -> None:
    """Queries and clicks of one person go; those of others stay."""
    log = QueryLog(database)
    log.add(RECORD)
    log.add(replace(RECORD, query_id=uuid4(), user_id=UUID(int=3)))
    await log.flush()
    erased = UserErased(user_id=RECORD.user_id, version=3, erased_at=NOON)
    async with database.transaction() as conn:
        for person in (RECORD.user_id, UUID(int=3)):
            await insert_click(conn, uuid4(), uuid4(), 1, by=person, now=NOON)
        await on_user_erased(conn, erased)
    assert await count(database) == 1
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM search_click") == 1
