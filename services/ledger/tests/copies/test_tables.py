"""Nothing of the books is forgotten when they are copied."""

from typing import Final

from ledger.books.tables import TABLES
from services.ledger.tests.books import Books

#: What is no part of the books, and why.
LEFT_OUT: Final = {
    "dead_letter": "delivers",
    "inbox": "delivers",
    "outbox": "delivers; what it says was heard",
    "aggregate_head": "delivers: how far consumers have heard",
    "parked_message": "delivers: waits for the message before it",
    "operator_action": "tells of deliveries by hand, in that database",
    "audit_event": "tells of people with power, in that database; has an export of its own",
    "audit_pending": "comes with the audit log",
    "audit_seal": "comes with the audit log",
    "audit_archive": "comes with the audit log",
    "audit_checkpoint": "comes with the audit log",
    "task": "work that was asked for there, and its files",
    "member": "names, told again by the gateway's events; the books hold none",
    "timer": "set anew from reservations, gifts and transfers for later",
    "transparency_pending": "whoever has no leaf waits",
    "open_transfer": "empty between transactions",
    "issuance_limit": "comes with the schema; its owner sets it",
    "migrations": "comes with the schema",
    "migration_functions": "comes with the schema",
}
SELECT_TABLES: Final = """
SELECT c.relname FROM pg_class AS c
WHERE c.relnamespace = 'ledger'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
"""


async def test_every_table_is_copied_or_left_out_for_a_reason(books: Books) -> None:
    """A new table must be put into one of the two lists."""
    there = {row[0] for row in await books.rows(SELECT_TABLES)}
    copied = {table.name for table in TABLES}
    assert there - copied - LEFT_OUT.keys() == set()
    assert copied <= there
    assert copied & LEFT_OUT.keys() == set()
