"""Migrators beside each other, and beside sessions that hold what they need."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis import migrations
from chassis.migrations import MigrationError, Migrator
from tests.stack.database import ScratchDatabase

SERVICE = "search"
STEPS = {
    # Longer than a step waits for a table: whoever comes second waits for its turn nevertheless.
    "0001_add_note": ("CREATE TABLE note (id bigint); SELECT pg_sleep(0.6);", "DROP TABLE note;"),
    "0002_fill_note": ("INSERT INTO note VALUES (1);", "DELETE FROM note;"),
    "0003_add_size": (
        "CREATE TABLE size (id bigint); ALTER TABLE note ADD COLUMN size integer;",
        "DROP TABLE size; ALTER TABLE note DROP COLUMN size;",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service's SQL, of which the first migration takes its time."""
    (tmp_path / "migrations").mkdir()
    for name, (up, down) in STEPS.items():
        (tmp_path / f"migrations/{name}.up.sql").write_text(up)
        (tmp_path / f"migrations/{name}.down.sql").write_text(down)
    return tmp_path


@pytest.fixture
async def conns(bare_database: ScratchDatabase) -> AsyncIterator[list[Any]]:
    """Two connections as the migrator, before anything has run."""
    async with AsyncExitStack() as stack:
        opened = bare_database.connect
        yield [await stack.enter_async_context(opened("migrator")) for _ in range(2)]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "LOCK_MS", 200)


async def wait_for_waiting(database: ScratchDatabase, count: int) -> None:
    """Until so many sessions of this database wait for a lock."""
    async with database.connect("admin") as admin, asyncio.timeout(20):
        query = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        while await admin.fetchval(query) < count:  # noqa: ASYNC110 - the state is in the database
            await asyncio.sleep(0.02)


async def test_two_migrators_at_once_apply_each_migration_once(
    conns: list[Any], folder: Path, bare_database: ScratchDatabase
) -> None:
    """One does everything, the other waits and finds nothing to do."""
    ran = await asyncio.gather(*(Migrator(conn, SERVICE, folder).up() for conn in conns))
    done = max(ran, key=len)
    assert [step.name for step in done if step.component == SERVICE] == [
        "add_note",
        "fill_note",
        "add_size",
    ]
    assert min(ran, key=len) == []
    async with bare_database.connect("admin") as admin:
        assert await admin.fetchval("SELECT count(*) FROM search.note") == 1
        assert await admin.fetchval("SELECT count(*) FROM search.migrations") == len(done)


async def test_a_migrator_does_not_wait_for_another_for_ever(
    conns: list[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says whom it waited for, and where."""
    await conns[0].execute("SELECT pg_advisory_lock(hashtext('migrate'), hashtext($1))", SERVICE)
    monkeypatch.setattr(migrations, "STATEMENT_MS", 300)
    with pytest.raises(MigrationError, match=r"another migrator is still at work in search"):
        await Migrator(conns[1], SERVICE, folder).up()
    await conns[0].execute("SELECT pg_advisory_unlock_all()")
    monkeypatch.undo()
    assert len(await Migrator(conns[1], SERVICE, folder).up()) > len(STEPS)


async def test_a_migration_gives_up_when_its_table_is_held(
    conns: list[Any], folder: Path, bare_database: ScratchDatabase
) -> None:
    """It names the step and what to do; those before it stay, of its own nothing does."""
    migrator = Migrator(conns[0], SERVICE, folder)
    await migrator.up()
    await migrator.down()
    async with bare_database.connect("admin") as holder:
        held = holder.transaction()
        await held.start()
        await holder.execute("LOCK TABLE search.note IN ACCESS SHARE MODE")
        giving_up = asyncio.create_task(migrator.up())
        await wait_for_waiting(bare_database, 1)
        with pytest.raises(MigrationError) as refused:
            await giving_up
        await held.rollback()
    assert isinstance(refused.value.__cause__, asyncpg.LockNotAvailableError)
    assert str(refused.value) == (
        "search 0003_add_size waited 0.2 s for a lock that another session holds; nothing of it "
        "was done; end that session (pg_stat_activity shows it) or wait for it, and run the same "
        "again"
    )
    assert "TABLE size" not in await migrator.describe()
    assert await migrator.verify() == ["search 0003_add_size has not run"]
    assert [step.label for step in await migrator.up()] == ["search 0003_add_size"]
