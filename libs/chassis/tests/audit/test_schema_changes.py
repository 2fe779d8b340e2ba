"""Every change of a schema is written down where neither migrators nor owners reach."""

import asyncpg
import pytest

from tests.stack.database import ScratchDatabase

AS_OWNER = "SET ROLE ledger_owner; SET search_path = ledger"


async def test_a_change_is_written_down_with_who_and_what(
    scratch_database: ScratchDatabase,
) -> None:
    """Made, altered and dropped, under the session's user and the role that was taken on."""
    async with scratch_database.connect("migrator") as conn:
        await conn.execute(AS_OWNER)
        await conn.execute("CREATE TABLE smuggled (id integer)")
        await conn.execute("ALTER TABLE smuggled ADD COLUMN x text")
        await conn.execute("DROP TABLE smuggled")
    async with scratch_database.connect("operator") as conn:
        rows = await conn.fetch(
            "SELECT changed_by, changed_as, command, object_identity, statement "
            "FROM audit.schema_change WHERE object_identity = 'ledger.smuggled' ORDER BY id"
        )
    told = [(row["command"], row["changed_by"], row["changed_as"]) for row in rows]
    assert told == [
        (command, "localex_migrator", "ledger_owner")
        for command in ("CREATE TABLE", "ALTER TABLE", "DROP TABLE")
    ]
    assert rows[0]["statement"] == "CREATE TABLE smuggled (id integer)"


async def test_a_migration_is_found_by_its_checksum(scratch_database: ScratchDatabase) -> None:
    """What was sent hashes to what the table of migrations has of the file."""
    async with scratch_database.connect("admin") as conn:
        unknown = await conn.fetch(
            "SELECT m.component, m.version FROM ledger.migrations AS m "
            "WHERE NOT EXISTS (SELECT FROM audit.schema_change AS c "
            "WHERE c.statement_sha256 = m.checksum AND c.changed_as = 'ledger_owner')"
        )
    assert unknown == []


@pytest.mark.parametrize("role", ["migrator", "ledger", "operator"])
@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM audit.schema_change",
        "UPDATE audit.schema_change SET changed_by = 'x'",
        "TRUNCATE audit.schema_change",
        "INSERT INTO audit.schema_change DEFAULT VALUES",
        "DROP TABLE audit.schema_change",
        "DROP EVENT TRIGGER schema_change_ended",
        "ALTER EVENT TRIGGER schema_change_dropped DISABLE",
        "ALTER FUNCTION audit.write_schema_change() RENAME TO nothing",
    ],
)
async def test_nobody_who_changes_schemas_rewrites_it(
    scratch_database: ScratchDatabase, role: str, change: str
) -> None:
    """Migrator, service and operator may neither change rows nor take the triggers away."""
    async with scratch_database.connect(role) as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await conn.execute(change)
        if role == "migrator":
            await conn.execute(AS_OWNER)
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(change)


async def test_not_even_by_the_superuser_in_passing(scratch_database: ScratchDatabase) -> None:
    """Who means to has to switch a trigger off, which nobody else can."""
    async with scratch_database.connect("admin") as conn:
        with pytest.raises(asyncpg.CheckViolationError):
            await conn.execute("DELETE FROM audit.schema_change")
