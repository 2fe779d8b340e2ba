"""Every statement fits what the migrations make."""

import importlib
from typing import Final

import pytest

from tests.stack.database import ScratchDatabase

SLICES: Final = ("analytics", "indexing", "parity", "reindexing", "sellers", "synonyms")
STATEMENTS: Final = {
    f"{slice_}.{name}": text
    for slice_ in SLICES
    for name, text in vars(importlib.import_module(f"search.{slice_}.queries")).items()
    if name.isupper() and isinstance(text, str) and not text.startswith("SET ")
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_each_statement_can_be_prepared(scratch_database: ScratchDatabase, name: str) -> None:
    """As the service's own role, on the migrated schema."""
    async with scratch_database.connect("search") as conn:
        await conn.prepare(STATEMENTS[name])
