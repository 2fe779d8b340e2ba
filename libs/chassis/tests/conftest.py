"""A database as a service sees it, empty for each test."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.database import Database, prepare_connection
from tests.stack.database import PostgresServer, ScratchDatabase

TABLES = (
    "outbox",
    "inbox",
    "dead_letter",
    "timer",
    "idempotent_answer",
    "aggregate_head",
    "parked_message",
    "task",
)


@pytest.fixture(scope="module")
async def scratch(postgres: PostgresServer) -> AsyncIterator[ScratchDatabase]:
    """A migrated database for the module."""
    async with postgres.scratch() as scratch:
        yield scratch


@pytest.fixture
async def database(scratch: ScratchDatabase) -> AsyncIterator[Database]:
    """As the role `gateway`, with nothing said, heard or due; the tables are the chassis' own."""
    async with scratch.connect("admin") as admin:
        await admin.execute(f"TRUNCATE {', '.join(f'gateway.{name}' for name in TABLES)}")
    async with asyncpg.create_pool(
        scratch.url("gateway"), min_size=1, max_size=25, init=prepare_connection
    ) as pool:
        yield Database(pool)
