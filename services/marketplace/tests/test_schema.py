"""The migrations lead up and back, and every statement fits what they make."""

import importlib
from typing import Any

import pytest

from chassis.migrations import Migrator
from marketplace.main import SQL
from tests.stack.database import ScratchDatabase

SLICES = (
    *("members", "categories", "items", "images", "images.collecting"),
    *("reports", "watches", "saved_searches", "trades", "trades.codes"),
    *("messages", "disputes", "ratings", "reputations", "inventories"),
)
STATEMENTS = [
    pytest.param(text, id=f"{slice_}.{name}")
    for slice_ in SLICES
    for name, text in vars(importlib.import_module(f"marketplace.{slice_}.queries")).items()
    if name.isupper() and isinstance(text, str)
]
SHAPE = """
SELECT 'column', table_name, column_name, data_type || is_nullable
FROM information_schema.columns WHERE table_schema = 'marketplace'
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'marketplace'::regnamespace
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(t.oid)
FROM pg_trigger AS t INNER JOIN pg_class AS c ON tgrelid = c.oid
WHERE relnamespace = 'marketplace'::regnamespace AND NOT tgisinternal
UNION ALL
SELECT 'grant', table_name, grantee, privilege_type
FROM information_schema.role_table_grants WHERE table_schema = 'marketplace'
ORDER BY 1, 2, 3, 4
"""


@pytest.mark.parametrize("statement", STATEMENTS)
async def test_each_statement_can_be_prepared(market: Any, statement: str) -> None:
    """As the service's own role, on the migrated schema."""
    async with market.database.connection() as conn:
        await conn.prepare(statement)


async def test_up_down_up_gives_the_same_schema(bare_database: ScratchDatabase) -> None:
    """Each step back takes away what its step up made, functions and triggers too."""
    async with (
        bare_database.connect("migrator") as migrating,
        bare_database.connect("admin") as admin,
    ):
        migrator = Migrator(migrating, "marketplace", SQL)
        await migrator.up()
        first = await admin.fetch(SHAPE)
        own = len(list((SQL / "migrations").glob("*.up.sql")))
        await migrator.down(own)
        left = await admin.fetch(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'marketplace'::regnamespace "
            "AND proname LIKE 'check_%'"
        )
        tables = {row["table_name"] for row in await admin.fetch(SHAPE) if row[0] == "column"}
        await migrator.up()
        assert await admin.fetch(SHAPE) == first
        assert await migrator.verify() == []
    assert left == []
    assert not tables & {
        "item",
        "trade",
        "trade_step",
        "trade_move",
        "item_move",
        "category",
        "image",
    }
