"""Up, down and up again: whatever the version, what is there is guarded."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.migrations import Migrator
from ledger.main import service
from tests.stack.database import ScratchDatabase

SELECT_GUARDS = """
SELECT c.relname || '.' || t.tgname AS guard FROM pg_trigger AS t
INNER JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE c.relnamespace = 'ledger'::regnamespace AND NOT t.tgisinternal AND t.tgenabled = 'O'
"""
GUARDS = {
    "account.account_identity_never_changes",
    "account.account_never_changes",
    "asset.asset_never_changes",
    "entry.entry_chain",
    "entry.entry_debit_balance",
    "entry.entry_never_changes",
    "open_transfer.open_transfer_consistency",
    "refused_attempt.refused_attempt_never_changes",
    "transfer.transfer_never_changes",
    "transfer.transfer_whole",
}
GUARDS_OF_ESCROW = {"escrow.escrow_legal_move", "escrow.escrow_never_changes"}
GUARDS_OF_FEES = {"fee_quote.fee_quote_never_changes", "fee_schedule.fee_schedule_never_changes"}


@pytest.fixture
async def migrating(bare_database: ScratchDatabase) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the migrator to a database where nothing has run."""
    conn = await asyncpg.connect(bare_database.url("migrator"))
    try:
        yield conn
    finally:
        await conn.close()


async def guards(conn: asyncpg.Connection) -> set[str]:
    """The triggers that are there."""
    return {row["guard"] for row in await conn.fetch(SELECT_GUARDS)}


async def test_every_guard_stands_and_survives_a_step_back(
    migrating: asyncpg.Connection,
) -> None:
    """Taking back the newest step leaves the older tables guarded as they were."""
    migrator = Migrator(migrating, "ledger", service.sql)
    await migrator.up()
    assert await guards(migrating) == GUARDS | GUARDS_OF_ESCROW | GUARDS_OF_FEES
    steps = await migrator.status()
    escrow = next(n for n, step in enumerate(steps) if step.migration.name == "escrow")
    await migrator.down(len(steps) - escrow)
    assert await guards(migrating) == GUARDS
    await migrator.down(escrow)
    assert await guards(migrating) == set()
    await migrator.up()
    assert await guards(migrating) == GUARDS | GUARDS_OF_ESCROW | GUARDS_OF_FEES
    assert await migrator.verify() == []


@pytest.mark.parametrize("function", ["validate_debit_balance", "validate_transaction_consistency"])
async def test_promised_functions_are_there(migrating: asyncpg.Connection, function: str) -> None:
    """Names that are part of the product."""
    await Migrator(migrating, "ledger", service.sql).up()
    names = {
        row["proname"]
        for row in await migrating.fetch(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'ledger'::regnamespace"
        )
    }
    assert {function, "get_account_balance", "transfer_credits"} <= names
