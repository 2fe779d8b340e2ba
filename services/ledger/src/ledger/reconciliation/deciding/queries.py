"""Statements of decisions and proposals."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation.models import Decision, Item, Proposal

REOPEN_ITEMS: Final = """
UPDATE reconciliation_item SET decision_id = NULL WHERE decision_id = $1
"""
SELECT_DECISIONS: Final = """
SELECT d.id, d.kind, d.strategy, d.lines_minor, d.entries_minor, d.tolerance_minor, d.reason,
    d.run_id, d.decided_by, d.approved_by, d.transfer_id, d.limit_minor, d.written_off_minor,
    d.undoes, d.decided_at, i.lines, i.entries,
    EXISTS (SELECT FROM reconciliation_decision AS u WHERE u.undoes = d.id) AS undone
FROM reconciliation_decision AS d
CROSS JOIN LATERAL (
    SELECT array_agg(s.number ORDER BY s.number) FILTER (WHERE s.side = 'LINE') AS lines,
        array_agg(s.number ORDER BY s.number) FILTER (WHERE s.side = 'ENTRY') AS entries
    FROM (
        SELECT side, number FROM reconciliation_item WHERE decision_id = d.id LIMIT 2000
    ) AS s
) AS i
WHERE d.account_id = $1 AND ($2::uuid IS NULL OR d.id < $2) AND ($3::uuid IS NULL OR d.id = $3)
ORDER BY d.id DESC LIMIT $4
"""
INSERT_ENTRY_ITEM: Final = """
INSERT INTO reconciliation_item (
    account_id, side, number, amount_minor, booked_on, reference, details, transfer_id
) VALUES ($1, 'ENTRY', $2, $3, $4, $5, $6, $7)
"""
INSERT_PROPOSAL: Final = """
INSERT INTO write_off_proposal (
    id, account_id, lines, entries, amount_minor, reason, state, proposed_by, proposed_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
LOCK_PROPOSAL: Final = """
SELECT id, account_id, lines, entries, amount_minor, reason, state, proposed_by, proposed_at,
    decided_by, decision_id
FROM write_off_proposal WHERE id = $1 FOR UPDATE
"""
SELECT_PROPOSALS: Final = """
SELECT id, account_id, lines, entries, amount_minor, reason, state, proposed_by, proposed_at,
    decided_by, decision_id
FROM write_off_proposal
WHERE account_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
"""
UPDATE_PROPOSAL: Final = """
UPDATE write_off_proposal SET state = $2, decided_by = $3, decided_at = $4, decision_id = $5
WHERE id = $1
"""


async def reopen_items(conn: Connection, decision_id: UUID) -> None:
    """Open a decision's items again."""
    await conn.execute(REOPEN_ITEMS, decision_id)


async def select_decisions(
    conn: Connection,
    account_id: UUID,
    *,
    before: UUID | None = None,
    decision_id: UUID | None = None,
    limit: int = 1,
) -> list[tuple[Decision, datetime, bool]]:
    """A page of decisions, newest first: when each was made, and whether it was undone."""
    rows = await conn.fetch(SELECT_DECISIONS, account_id, before, decision_id, limit)
    return [_read_decision(row) for row in rows]


def _read_decision(row: Any) -> tuple[Decision, datetime, bool]:
    fields = dict(row)
    at, undone = fields.pop("decided_at"), fields.pop("undone")
    fields["lines"] = tuple(fields["lines"] or ())
    fields["entries"] = tuple(fields["entries"] or ())
    return Decision(**fields), at, undone


async def insert_entry_item(conn: Connection, account_id: UUID, item: Item) -> None:
    """Take an entry that was posted just now."""
    await conn.execute(
        INSERT_ENTRY_ITEM,
        account_id,
        item.number,
        item.amount_minor,
        item.booked_on,
        item.reference,
        item.details,
        item.transfer_id,
    )


async def insert_proposal(conn: Connection, one: Proposal) -> None:
    """Write a proposal."""
    await conn.execute(
        INSERT_PROPOSAL,
        one.id,
        one.account_id,
        list(one.lines),
        list(one.entries),
        one.amount_minor,
        one.reason,
        one.state,
        one.proposed_by,
        one.proposed_at,
    )


async def lock_proposal(conn: Connection, proposal_id: UUID) -> Proposal | None:
    """Lock a proposal and read it."""
    row = await conn.fetchrow(LOCK_PROPOSAL, proposal_id)
    return _read_proposal(row) if row else None


async def select_proposals(
    conn: Connection, account_id: UUID, before: UUID | None, limit: int
) -> list[Proposal]:
    """A page of proposals, newest first."""
    rows = await conn.fetch(SELECT_PROPOSALS, account_id, before, limit)
    return [_read_proposal(row) for row in rows]


def _read_proposal(row: Any) -> Proposal:
    fields = dict(row)
    return Proposal(
        **{**fields, "lines": tuple(fields["lines"]), "entries": tuple(fields["entries"])}
    )


async def update_proposal(conn: Connection, one: Proposal, at: datetime) -> None:
    """Write what was decided about a proposal."""
    await conn.execute(UPDATE_PROPOSAL, one.id, one.state, one.decided_by, at, one.decision_id)
