"""Statements of summaries."""

from datetime import date
from typing import Final

from chassis.database import Connection
from ledger.reconciliation.models import Statement

SELECT_ITEM_SUMS: Final = """
SELECT i.side,
    CASE WHEN d.kind IS NULL THEN 'OPEN' WHEN d.kind = 'IGNORE' THEN 'IGNORE' ELSE 'MATCH'
    END AS fate,
    count(*) AS items, sum(i.amount_minor) AS total
FROM reconciliation_item AS i
LEFT JOIN reconciliation_decision AS d ON d.id = i.decision_id
WHERE i.account_id = $1
    AND (i.side <> 'LINE' OR i.statement_seq <= $2) AND (i.side <> 'ENTRY' OR i.booked_on <= $3)
GROUP BY i.side, fate
"""
#: Of decisions whose items are all there by the end of the statement.
SELECT_TOLERATED: Final = """
SELECT coalesce(sum(d.entries_minor - d.lines_minor), 0) FROM reconciliation_decision AS d
WHERE d.account_id = $1 AND d.kind = 'MATCH' AND d.lines_minor <> d.entries_minor
    AND EXISTS (SELECT FROM reconciliation_item AS i WHERE i.decision_id = d.id)
    AND NOT EXISTS (
        SELECT FROM reconciliation_item AS i
        WHERE i.decision_id = d.id AND (i.statement_seq > $2 OR (
            i.side = 'ENTRY' AND i.booked_on > $3
        ))
    )
"""
SELECT_UNSEEN: Final = """
SELECT coalesce(sum(e.amount_minor), 0) FROM entry AS e
WHERE e.account_id = $1
    AND e.account_seq > (SELECT collected_seq FROM reconciled_account WHERE account_id = $1)
    AND e.effective_at >= $2::date::timestamp AT TIME ZONE 'UTC'
    AND e.effective_at < ($3::date + 1)::timestamp AT TIME ZONE 'UTC'
    AND NOT EXISTS (
        SELECT FROM reconciliation_item AS i
        WHERE i.account_id = $1 AND i.side = 'ENTRY' AND i.number = e.account_seq
    )
"""


async def select_item_sums(
    conn: Connection, statement: Statement
) -> dict[tuple[str, str], tuple[int, int]]:
    """How many items there are by the end of a statement, and their sum, by side and fate."""
    rows = await conn.fetch(
        SELECT_ITEM_SUMS, statement.account_id, statement.seq, statement.closed_on
    )
    return {(row["side"], row["fate"]): (row["items"], row["total"]) for row in rows}


async def select_tolerated(conn: Connection, statement: Statement) -> int:
    """By how much entries exceed lines in matches that differ within a rule's tolerance."""
    return int(
        await conn.fetchval(
            SELECT_TOLERATED, statement.account_id, statement.seq, statement.closed_on
        )
    )


async def select_unseen(conn: Connection, statement: Statement, opened_on: date) -> int:
    """The sum of entries that no run has taken yet."""
    return int(
        await conn.fetchval(SELECT_UNSEEN, statement.account_id, opened_on, statement.closed_on)
    )
