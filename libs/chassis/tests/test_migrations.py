"""Up, down and up again; a changed file is an error; functions follow their files."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from chassis.migrations import MigrationError, Migrator
from tests.stack.database import ScratchDatabase

SERVICE = "search"
VIEW = "CREATE OR REPLACE VIEW a_view AS SELECT shout(body), size FROM note;"
SHOUT = "CREATE OR REPLACE FUNCTION shout(t text) RETURNS text LANGUAGE sql AS 'SELECT {}';"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service's SQL: two migrations, a function with a trigger, and a view over it."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "functions").mkdir()
    files = {
        "migrations/0001_add_note.up.sql": "CREATE TABLE note (id bigint PRIMARY KEY, body text);",
        "migrations/0001_add_note.down.sql": "DROP TABLE note;",
        "migrations/0002_add_size.up.sql": "ALTER TABLE note ADD COLUMN size integer;",
        "migrations/0002_add_size.down.sql": "ALTER TABLE note DROP COLUMN size;",
        "functions/a_view.sql": VIEW,
        "functions/shout.sql": SHOUT.format("upper(t)"),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
async def conn(bare_database: ScratchDatabase) -> AsyncIterator[asyncpg.Connection]:
    """As the migrator, before anything has run."""
    async with bare_database.connect("migrator") as connection:
        yield connection


async def test_up_down_up_gives_the_same_schema(conn: Any, folder: Path) -> None:
    """Nothing is left behind, nothing is lost, functions and views included."""
    migrator = Migrator(conn, SERVICE, folder)
    empty = await migrator.describe()
    ran = await migrator.up()
    assert [step.label for step in ran][-2:] == ["search 0001_add_note", "search 0002_add_size"]
    full = await migrator.describe()
    assert "VIEW a_view" in full
    await migrator.down(1)
    assert "  size integer\n" not in await migrator.describe()
    assert "shout" in await migrator.describe()
    await migrator.down(99)
    assert await migrator.describe() == empty
    await migrator.up()
    assert await migrator.describe() == full
    assert await migrator.verify() == []


async def test_up_again_runs_nothing(conn: Any, folder: Path) -> None:
    """And the status tells how long each took, and who ran it."""
    migrator = Migrator(conn, SERVICE, folder)
    await migrator.up()
    assert await migrator.up() == []
    rows = [status.applied for status in await migrator.status()]
    assert all(
        row and row["applied_by"] == "localex_migrator" and row["execution_ms"] >= 0 for row in rows
    )


async def test_a_changed_file_that_has_run_is_an_error(conn: Any, folder: Path) -> None:
    """By name, with what to do; up, down and verify all see it."""
    await Migrator(conn, SERVICE, folder).up()
    path = folder / "migrations/0001_add_note.up.sql"
    path.write_text(path.read_text() + "-- innocent\n")
    changed = Migrator(conn, SERVICE, folder)
    for attempt in (changed.up(), changed.down()):
        with pytest.raises(MigrationError, match="0001_add_note has changed"):
            await attempt
    assert "has changed" in (await changed.verify())[0]


async def test_a_failing_migration_leaves_nothing(conn: Any, folder: Path) -> None:
    """Each runs in one transaction; those before it stay."""
    (folder / "migrations/0003_break.up.sql").write_text("CREATE TABLE half (id int); SELECT 1/0;")
    (folder / "migrations/0003_break.down.sql").write_text("DROP TABLE half;")
    migrator = Migrator(conn, SERVICE, folder)
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrator.up()
    assert "TABLE half" not in await migrator.describe()
    assert "TABLE note" in await migrator.describe()
    assert await migrator.verify() == [
        "search 0003_break has not run",
        "function search/a_view is not as in its file",
        "function search/shout is not as in its file",
    ]


async def test_a_changed_function_is_applied_again(
    conn: Any, folder: Path, bare_database: ScratchDatabase
) -> None:
    """By checksum, without a migration."""
    await Migrator(conn, SERVICE, folder).up()
    (folder / "functions/shout.sql").write_text(SHOUT.format("t || ''!''"))
    await Migrator(conn, SERVICE, folder).up()
    async with bare_database.connect("admin") as as_admin:
        assert await as_admin.fetchval("SELECT search.shout('hey')") == "hey!"


@pytest.mark.parametrize(
    ("name", "reason"),
    [("migrations/0004_gap.up.sql", "no 0004_gap.down"), ("migrations/oops.up.sql", "NNNN_name")],
)
def test_a_badly_named_file_is_refused(folder: Path, name: str, reason: str) -> None:
    """Before anything runs."""
    (folder / name).write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=reason):
        Migrator(None, SERVICE, folder)
