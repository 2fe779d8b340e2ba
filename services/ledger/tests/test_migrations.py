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
    AND NOT c.relispartition
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
GUARDS_OF_THE_LOG = {
    "transfer.transfer_enqueued",
    "transparency_checkpoint.transparency_checkpoint_never_changes",
    "transparency_copy.transparency_copy_never_changes",
    "transparency_key.transparency_key_never_changes",
    "transparency_leaf.transparency_leaf_never_changes",
    "transparency_node.transparency_node_never_changes",
}
GUARDS_OF_RESERVATIONS = {
    "entry.entry_hold",
    "reservation.reservation_legal_move",
    "reservation.reservation_never_changes",
    "reservation.reservation_recorded",
    "reservation_move.reservation_move_never_changes",
    "reservation_move.reservation_move_true",
}
GUARDS_OF_FEES = {"fee_quote.fee_quote_never_changes", "fee_schedule.fee_schedule_never_changes"}
GUARDS_OF_POLICIES = {
    "account.account_policy_recorded",
    "account_policy_change.account_policy_change_never_changes",
}
GUARDS_OF_GIFTS = {
    "gift_lot.gift_lot_legal_move",
    "gift_lot.gift_lot_never_changes",
    "gift_lot.gift_lot_recorded",
    "gift_lot_move.gift_lot_move_never_changes",
    "gift_lot_move.gift_lot_move_true",
}
GUARDS_OF_PLANS = {
    "scheduled_transfer.scheduled_transfer_legal_move",
    "scheduled_transfer.scheduled_transfer_never_changes",
}
GUARDS_OF_GROUPS = {
    "account_group.account_group_never_changes",
    "account_group_member.account_group_member_legal_move",
    "account_group_member.account_group_member_never_changes",
    "account_group_member.account_group_size",
}
GUARDS_OF_ACCOUNTS = GUARDS_OF_POLICIES | GUARDS_OF_GIFTS | GUARDS_OF_PLANS | GUARDS_OF_GROUPS
GUARDS_OF_EXCHANGES = {
    "escrow_price.escrow_price_never_changes",
    "escrow_price.escrow_price_true",
    "exchange.exchange_never_changes",
    "exchange.exchange_true",
    "exchange_quote.exchange_quote_never_changes",
    "exchange_rate.exchange_rate_never_changes",
}
GUARDS_OF_MONITORS = {
    "monitor.monitor_legal_move",
    "monitor.monitor_never_changes",
    "monitor_crossing.monitor_crossing_never_changes",
}
GUARDS_OF_RECONCILIATION = {
    "bank_statement.bank_statement_chain",
    "bank_statement.bank_statement_never_changes",
    "bank_statement.bank_statement_sum",
    "reconciled_account.reconciled_account_never_changes",
    "reconciliation_decision.reconciliation_decision_never_changes",
    "reconciliation_decision.reconciliation_decision_whole",
    "reconciliation_item.reconciliation_item_move",
    "reconciliation_item.reconciliation_item_never_changes",
    "reconciliation_item.reconciliation_item_true",
    "reconciliation_run.reconciliation_run_never_changes",
    "reconciliation_setup.reconciliation_setup_never_changes",
    "write_off_proposal.write_off_proposal_never_changes",
}
GUARDS_OF_ISSUANCE = {
    "issuance_request.issuance_request_legal_move",
    "issuance_request.issuance_request_never_changes",
    "transfer.transfer_issued_within_limits",
}
GUARDS_OF_TRAILS = {
    "history_refusal.history_refusal_never_changes",
    "projection_repair.projection_repair_never_changes",
}
#: The chassis' own: they stand before the first table of the service.
GUARDS_OF_CHASSIS = {
    "audit_archive.audit_archive_kept",
    "audit_checkpoint.audit_checkpoint_kept",
    "audit_event.audit_event_kept",
    "audit_event.audit_event_not_emptied",
    "audit_event.audit_event_queued",
    "audit_seal.audit_seal_kept",
    "task.task_ended_once",
    "operator_action.operator_action_audited",
    "operator_action.operator_action_kept",
    "operator_action.operator_action_not_emptied",
}
NEWER_GUARDS = (
    GUARDS_OF_THE_LOG
    | GUARDS_OF_RESERVATIONS
    | GUARDS_OF_FEES
    | GUARDS_OF_ACCOUNTS
    | GUARDS_OF_EXCHANGES
    | GUARDS_OF_MONITORS
    | GUARDS_OF_RECONCILIATION
    | GUARDS_OF_TRAILS
    | GUARDS_OF_ISSUANCE
)
EVERY_GUARD = GUARDS_OF_CHASSIS | GUARDS | GUARDS_OF_ESCROW | NEWER_GUARDS


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
    assert await guards(migrating) == EVERY_GUARD
    steps = await migrator.status()
    names = [step.migration.name for step in steps]
    await migrator.down(len(steps) - names.index("reservations"))
    assert await guards(migrating) == GUARDS_OF_CHASSIS | GUARDS | GUARDS_OF_ESCROW
    await migrator.up()
    escrow = names.index("escrow")
    await migrator.down(len(steps) - escrow)
    assert await guards(migrating) == GUARDS_OF_CHASSIS | GUARDS
    await migrator.down(escrow)
    assert await guards(migrating) == set()
    await migrator.up()
    assert await guards(migrating) == EVERY_GUARD
    assert await migrator.verify() == []


INSERT_AN_OLD_TRANSFER = """
INSERT INTO account (id, owner_id, type, asset, community, floor_minor, created_at)
SELECT uuidv7(), CASE kind WHEN 'MAIN' THEN uuidv7() END, kind, 'LXC', 'riverside',
    CASE kind WHEN 'MAIN' THEN 0 END, now()
FROM unnest(ARRAY['ISSUANCE', 'MAIN']) AS kinds (kind);
SELECT transfer_credits(
    (SELECT id FROM account WHERE type = 'ISSUANCE'), (SELECT id FROM account WHERE type = 'MAIN'),
    100, 'issuance'
)
"""
RESERVE_ALL = """
WITH wanted AS (
    SELECT a.id, uuidv7() AS reservation, uuidv7() AS moved_by FROM account AS a
    WHERE a.type = 'MAIN'
), made AS (
    INSERT INTO transfer (id, kind, entry_count, effective_at, posted_at)
    SELECT moved_by, 'reservation.reserve', 1, now(), now() FROM wanted
)
INSERT INTO entry
SELECT id, 2, moved_by, 1, 'LXC', 0, 100, 100, now(), now(), 100 FROM wanted
RETURNING transfer_id, account_id
"""
INSERT_RESERVATION = """
INSERT INTO reservation
SELECT uuidv7(), $2, 'LXC', 100, 0, 0, 'ACTIVE', NULL, NULL, NULL, now(),
    now() + interval '1 minute', now(), 1, $1
"""


async def test_books_of_before_reservations_go_on(migrating: asyncpg.Connection) -> None:
    """Old entries stay as they were and new ones continue them; a hold cannot be taken back."""
    migrator = Migrator(migrating, "ledger", service.sql)
    await migrator.up()
    names = [step.migration.name for step in await migrator.status()]
    newer = len(names) - names.index("reservations")
    as_owner = "SET ROLE ledger_owner; SET search_path = ledger"
    await migrating.execute(as_owner)
    await migrating.execute(INSERT_AN_OLD_TRANSFER)
    told = "SELECT jsonb_strip_nulls(to_jsonb(e)) FROM ledger.entry AS e ORDER BY account_id"
    before = [row[0] for row in await migrating.fetch(told)]
    await migrator.down(newer)
    await migrator.up()
    await migrating.execute(as_owner)
    assert [row[0] for row in await migrating.fetch(told)] == before
    async with migrating.transaction():
        [made] = await migrating.fetch(RESERVE_ALL)
        await migrating.execute(INSERT_RESERVATION, *made)
    assert await migrating.fetchval("SELECT count(*) FROM reservation_move") == 1
    with pytest.raises(asyncpg.CheckViolationError):
        await migrator.down(newer)


INSERT_AN_OLD_ESCROW = """
INSERT INTO escrow (
    id, payer_id, payee_id, asset, amount_minor, state, version, funded_by, created_at, changed_at
)
SELECT uuidv7(), uuidv7(), uuidv7(), 'LXC', 100, 'FUNDED', 1, t.id,
    t.posted_at - interval '1 hour', t.posted_at - interval '1 second'
FROM transfer AS t
"""


async def test_escrows_of_before_are_told_by_their_transfers(migrating: asyncpg.Connection) -> None:
    """What a process's clock said is set right; nothing else is, and the guards stand again."""
    migrator = Migrator(migrating, "ledger", service.sql)
    await migrator.up()
    names = [step.migration.name for step in await migrator.status()]
    await migrator.down(len(names) - names.index("escrow_times"))
    as_owner = "SET ROLE ledger_owner; SET search_path = ledger"
    await migrating.execute(as_owner)
    await migrating.execute(INSERT_AN_OLD_TRANSFER)
    await migrating.execute(INSERT_AN_OLD_ESCROW)
    others = "SELECT to_jsonb(e) - 'created_at' - 'changed_at' FROM ledger.escrow AS e ORDER BY id"
    before = [row[0] for row in await migrating.fetch(others)]
    await migrator.up()
    await migrating.execute(as_owner)
    told = "SELECT e.created_at, e.changed_at, t.posted_at FROM ledger.escrow e, ledger.transfer t"
    assert {len(set(row)) for row in await migrating.fetch(told)} == {1}
    assert [row[0] for row in await migrating.fetch(others)] == before
    assert await guards(migrating) == EVERY_GUARD


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
