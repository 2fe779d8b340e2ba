"""Whose rows a transaction may see is told to it, and to it alone."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis import context
from chassis.consumer import Consumer
from chassis.database import EVERY_COMMUNITY, Database, prepare_connection
from chassis.http import answer_error
from chassis.resources import Job, Resources
from chassis.subscription import Subscription
from tests.stack.database import ScratchDatabase

TOLD = "SELECT nullif(current_setting('localex.community', true), '')"


@pytest.fixture
async def narrow(scratch: ScratchDatabase) -> AsyncIterator[Database]:
    """One connection that everybody takes in turn, over tables that keep communities apart."""
    async with asyncpg.create_pool(
        scratch.url("gateway"), min_size=1, max_size=1, init=prepare_connection
    ) as pool:
        yield Database(pool, by_community=True)


async def told(database: Database) -> tuple[str | None, str | None]:
    """What a write and a read are told."""
    async with database.transaction() as conn:
        written = await conn.fetchval(TOLD)
    async with database.connection() as conn:
        return written, await conn.fetchval(TOLD)


async def test_a_transaction_is_told_the_community_of_the_caller(narrow: Database) -> None:
    """Reads and writes alike."""
    context.community.set("riverside")
    assert await told(narrow) == ("riverside", "riverside")


async def test_nothing_stays_behind_on_a_pooled_connection(narrow: Database) -> None:
    """Whoever is next and says nothing sees nothing."""
    context.community.set("riverside")
    await told(narrow)
    context.community.set(None)
    assert await told(narrow) == (None, None)
    assert await narrow.pool.fetchval(TOLD) is None


async def test_nothing_stays_behind_after_a_fault(narrow: Database) -> None:
    """A transaction that is rolled back takes its community with it."""
    context.community.set("riverside")
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with narrow.transaction() as conn:
            await conn.fetchval("SELECT 1 / 0")
    assert await narrow.pool.fetchval(TOLD) is None


async def test_callers_at_the_same_time_are_told_their_own(narrow: Database) -> None:
    """Each task has its caller, whatever connection it gets."""

    async def call(community: str) -> tuple[str | None, str | None]:
        context.community.set(community)
        return await told(narrow)

    names = [f"town-{number}" for number in range(20)]
    found = await asyncio.gather(*(call(name) for name in names))
    assert found == [(name, name) for name in names]


async def test_a_savepoint_keeps_the_community(narrow: Database) -> None:
    """What is tried within a transaction is in its community."""
    context.community.set("riverside")
    async with narrow.transaction() as conn:
        async with conn.transaction():
            assert await conn.fetchval(TOLD) == "riverside"
        assert await conn.fetchval(TOLD) == "riverside"


async def test_reaching_is_said_and_goes_before_the_caller(narrow: Database) -> None:
    """And the database it was said of stays as it was."""
    context.community.set("riverside")
    every = narrow.reaching(EVERY_COMMUNITY)
    assert await told(every) == (EVERY_COMMUNITY, EVERY_COMMUNITY)
    assert await told(narrow) == ("riverside", "riverside")
    assert every.committed is narrow.committed


async def test_a_database_without_communities_is_told_nothing(database: Database) -> None:
    """It costs it no round trip."""
    context.community.set("riverside")
    assert await told(database) == (None, None)


@pytest.mark.parametrize(("every", "reach"), [(True, EVERY_COMMUNITY), (False, None)])
async def test_a_consumer_sees_every_community_if_it_says_so(
    narrow: Database, *, every: bool, reach: str | None
) -> None:
    """One that says nothing sees none."""
    heard = Subscription("gateway.test", every_community=every)
    assert await told(Consumer(heard, narrow).database) == (reach, reach)


@pytest.mark.parametrize(("every", "reach"), [(True, EVERY_COMMUNITY), (False, None)])
async def test_a_job_sees_every_community_if_it_says_so(
    narrow: Database, *, every: bool, reach: str | None
) -> None:
    """One that says nothing sees none."""
    seen = []

    async def look(resources: Resources) -> None:
        seen.append(await told(resources.database))

    around = Resources(None, narrow, None, None)  # type: ignore[arg-type]
    await Job("look", 1, look, every_community=every).work(around)
    assert seen == [(reach, reach)]


async def test_text_that_no_row_holds_is_not_our_defect(database: Database) -> None:
    """U+0000 got past a field: the sender is told, and nothing is kept."""
    async with database.connection() as conn:
        with pytest.raises(asyncpg.PostgresError) as caught:
            await conn.fetchval("SELECT $1::text", "a\0b")
    answer = answer_error("/v1/things", caught.value)
    assert answer.status_code == 422
    assert b"U+0000" in bytes(answer.body)
