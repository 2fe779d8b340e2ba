"""The fixtures give what they promise, on the real servers."""

from dataclasses import replace

import asyncpg
import pytest

from tests.stack.database import PostgresServer, ScratchDatabase
from tests.stack.plugin import kind_of
from tests.tidy.tree import SERVICES


def test_a_tests_kind_follows_from_its_fixtures() -> None:
    """Nobody marks tests by hand, so nobody marks them wrong."""
    assert kind_of(frozenset({"tmp_path"})) == "unit"
    assert kind_of(frozenset({"scratch_database", "postgres"})) == "db"
    assert kind_of(frozenset({"scratch_database", "kafka"})) == "stack"
    assert kind_of(frozenset({"system"})) == "stack"


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_sees_its_own_schema(
    scratch_database: ScratchDatabase, service: str
) -> None:
    """A service's role works in its migrated schema, and its time-outs are on."""
    async with scratch_database.connect(service) as conn:
        assert await conn.fetchval("SELECT current_schema()") == service
        assert await conn.fetchval("SHOW statement_timeout") == "5s"
        assert await conn.fetchval("SELECT to_regclass('outbox') IS NOT NULL")


async def test_one_services_broken_migration_is_its_own_trouble(postgres: PostgresServer) -> None:
    """Whoever works on one service is not stopped by another's half-written SQL."""
    async with postgres.scratch() as scratch:
        broken = replace(scratch, faults={"ledger": ValueError("syntax error")})
        with pytest.raises(RuntimeError, match="migrations of ledger do not run"):
            broken.url("ledger")
        assert broken.url("admin") == scratch.admin_url


async def test_a_service_cannot_read_anothers_schema(scratch_database: ScratchDatabase) -> None:
    """Least privilege holds in tests as it does outside."""
    async with scratch_database.connect("ledger") as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.fetch("SELECT * FROM gateway.outbox")


async def test_databases_are_apart(
    postgres: PostgresServer, scratch_database: ScratchDatabase
) -> None:
    """What one module writes, no other sees."""
    async with postgres.scratch() as other:
        assert other.name != scratch_database.name
        async with other.connect("admin") as conn:
            await conn.execute("CREATE TABLE public.mark ()")
        async with scratch_database.connect("admin") as conn:
            assert await conn.fetchval("SELECT to_regclass('public.mark')") is None


async def test_a_bare_database_has_roles_and_no_tables(bare_database: ScratchDatabase) -> None:
    """Tests of the migrations themselves begin before the first one."""
    async with bare_database.connect("ledger") as conn:
        assert await conn.fetchval("SELECT to_regclass('outbox')") is None
