"""Every column of history is held by something: an edit of any of them is found."""

from typing import Final

import pytest

from services.ledger.tests.audit.history import live
from services.ledger.tests.audit.test_verify import audit
from services.ledger.tests.books import Books

#: Table -> the row that is edited.
ROWS: Final = {
    "transfer": "id = (SELECT transfer_id FROM transparency_leaf WHERE leaf_index = 3)",
    "entry": (
        "transfer_id = (SELECT transfer_id FROM transparency_leaf WHERE leaf_index = 3) "
        "AND position = 1"
    ),
    "transparency_leaf": "leaf_index = 2",
    "transparency_node": "level = 1 AND ordinal = 1",
    "transparency_checkpoint": "size = (SELECT min(size) FROM transparency_checkpoint)",
    "transparency_key": "true",
    "reservation": "state = 'COMPLETED'",
    "reservation_move": "state = 'COMPLETED'",
    "escrow": "state = 'RELEASED'",
    "gift_lot": "state = 'OPEN' AND version = 2",
    "gift_lot_move": "version = 2",
    "account_policy_change": "version = 3",
    "outbox": "id = (SELECT max(id) FROM outbox WHERE topic = 'ledger.transfers.v1')",
}
#: What nothing can be held against, and why.
FREE: Final = {
    "escrow.reason": "is in the event only, which is kept for days",
    "transparency_checkpoint.signed_at": "the signed note tells no time",
    "transparency_key.added_at": "orders keys for people",
    **dict.fromkeys(
        (
            *("outbox.id", "outbox.event_id", "outbox.part", "outbox.headers"),
            *("outbox.created_at", "outbox.published_at", "outbox.attempts"),
            *("outbox.failed_at", "outbox.last_error"),
        ),
        "tells of the sending, not of money",
    ),
}
ELSEWHERE: Final = {"reservation.expires_at": "state = 'ACTIVE'"}
EDITS: Final = {
    "uuid": "gen_random_uuid()",
    "text": "coalesce({}, '') || 'x'",
    "timestamp with time zone": "{} + interval '5 minutes'",
    "jsonb": '{} || \'{{"memo": "forged"}}\'',
    "bytea": "sha256({})",
    "boolean": "NOT {}",
    "integer[]": "{} || 60",
    "numeric[]": "{} || 1",
}
SELECT_COLUMNS: Final = """
SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
"""
PUT_BACK: Final = "DELETE FROM {0}; INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT * FROM kept"
#: Guards, checks and foreign keys too: what an owner can do who means it.
DROP_GUARDS: Final = """
DO $$
DECLARE
    guard record;
BEGIN
    SET search_path = ledger;
    FOR guard IN
        SELECT conrelid::regclass AS held, conname FROM pg_constraint
        WHERE connamespace = 'ledger'::regnamespace AND contype IN ('c', 'f', 'u', 'p')
            AND conrelid::regclass::text !~ 'outbox|inbox|audit_event'
        ORDER BY contype DESC
    LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT IF EXISTS %I CASCADE', guard.held,
            guard.conname);
    END LOOP;
    SET session_replication_role = replica;
END
$$
"""


@pytest.mark.slow
@pytest.mark.parametrize("table", ROWS)
async def test_an_edit_of_any_column_is_found(own_books: Books, table: str) -> None:
    """One column after another, each put back: the audit is clean, finds the edit, is clean."""
    await live(own_books)
    assert (await audit(own_books, 1000)).clean
    unseen = []
    async with own_books.scratch.connect("admin") as conn:
        await conn.execute(DROP_GUARDS)
        await conn.execute("SET search_path = ledger, extensions")
        await conn.execute(f"CREATE TABLE kept AS TABLE {table}")
        for column, kind in await conn.fetch(SELECT_COLUMNS, table):
            if f"{table}.{column}" in FREE:
                continue
            edit = EDITS.get(kind, "coalesce({}, 0) + 1").format(column)
            row = ELSEWHERE.get(f"{table}.{column}", ROWS[table])
            done = await conn.execute(f"UPDATE {table} SET {column} = {edit} WHERE {row}")
            assert done != "UPDATE 0", (column, row)
            if (await audit(own_books, 1000)).clean:
                unseen.append(column)
            await conn.execute(PUT_BACK.format(table))
    assert unseen == []
    assert (await audit(own_books, 1000)).clean
