"""Every statement of the gateway is one that its own role may prepare on the migrated schema."""

import importlib
import pkgutil

import pytest

import gateway
from tests.stack.database import ScratchDatabase

QUERIES = [
    found.name
    for found in pkgutil.walk_packages(gateway.__path__, "gateway.")
    if found.name.endswith(".queries")
]


@pytest.mark.parametrize("module", QUERIES)
async def test_statements_prepare(scratch_database: ScratchDatabase, module: str) -> None:
    """Names, types and grants fit."""
    statements = {
        name: text
        for name, text in vars(importlib.import_module(module)).items()
        if name.isupper() and isinstance(text, str) and not name.startswith("_")
    }
    assert statements
    async with scratch_database.connect("gateway") as conn:
        for name, text in statements.items():
            try:
                await conn.prepare(text)
            except Exception as error:  # noqa: BLE001 - any of them is a finding
                pytest.fail(f"{module}.{name}: {error}")
