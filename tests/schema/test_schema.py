"""The committed schema is what the migrations make, on the way up and after a way down."""

import re

import pytest

from chassis.migrations import CHASSIS_SQL, Migrator
from chassis.schema_reference import describe_reference
from chassis.schema_text import schema_differences
from tests.stack.database import ScratchDatabase
from tests.tidy import tree
from tests.tidy.tree import ROOT, SERVICES

#: `localex migrate schema --write` writes them anew.
FOLDERS = {service: ROOT / "services" / service / "sql" for service in SERVICES}


@pytest.mark.parametrize("service", SERVICES)
async def test_the_committed_schema_is_the_present(
    scratch_database: ScratchDatabase, service: str
) -> None:
    """A reader of `schema.txt` sees what the database has."""
    async with scratch_database.connect("migrator") as conn:
        live = await Migrator(conn, service, FOLDERS[service]).describe()
    assert schema_differences(live, (FOLDERS[service] / "schema.txt").read_text()) == []


@pytest.mark.parametrize("service", SERVICES)
def test_the_page_about_a_schema_is_the_present(service: str) -> None:
    """What people read was generated from this schema, and says what each thing is for."""
    page = describe_reference(service, FOLDERS[service], [CHASSIS_SQL])
    assert tree.text_of(f"docs/reference/{service}.md") == page
    assert "|  |" not in page
    for table in re.findall(
        r"^TABLE (\w+)", (FOLDERS[service] / "schema.txt").read_text(), re.MULTILINE
    ):
        assert f"\n### {table}\n" in page


@pytest.mark.parametrize("service", SERVICES)
async def test_up_down_up_ends_where_it_began(bare_database: ScratchDatabase, service: str) -> None:
    """Every step has a way back that leaves nothing, and can be gone again."""
    async with bare_database.connect("migrator") as conn:
        migrator = Migrator(conn, service, FOLDERS[service])
        empty = await migrator.describe()
        count = len(await migrator.up())
        full = await migrator.describe()
        for _ in range(count):
            assert len(await migrator.down(1)) == 1
        assert await migrator.describe() == empty
        await migrator.up()
        assert await migrator.describe() == full
        assert await migrator.verify() == []


async def test_a_change_behind_the_migrations_is_found(scratch_database: ScratchDatabase) -> None:
    """`verify` compares the live schema, not only the list of what ran."""
    async with scratch_database.connect("admin") as admin:
        await admin.execute("ALTER TABLE ledger.transfer ADD COLUMN smuggled text")
    async with scratch_database.connect("migrator") as conn:
        wrong = await Migrator(conn, "ledger", FOLDERS["ledger"]).verify()
    assert wrong == ["the live schema has also: smuggled text"]
