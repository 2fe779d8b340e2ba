"""Statements of account, as SQL."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.models import EntryLine
from ledger.statements.models import Period, Place

#: What was posted when it took effect stands in order in one index, what was late in another.
SELECT_PERIOD: Final = """
WITH found AS (
    (
        SELECT e.* FROM entry AS e
        WHERE e.account_id = $1 AND e.posted_at >= $2 AND e.posted_at < $3
            AND e.effective_at = e.posted_at
            AND e.posted_at <= coalesce($4::timestamptz, 'infinity')
            AND (e.posted_at, e.account_seq) > ($5, $6::bigint)
        ORDER BY e.posted_at, e.account_seq LIMIT $7
    )
    UNION ALL
    (
        SELECT e.* FROM entry AS e
        WHERE e.account_id = $1 AND e.effective_at >= $2 AND e.effective_at < $3
            AND e.effective_at < e.posted_at
            AND e.posted_at <= coalesce($4::timestamptz, 'infinity')
            AND (e.effective_at, e.account_seq) > ($5, $6::bigint)
        ORDER BY e.effective_at, e.account_seq LIMIT $7
    )
)
SELECT e.account_seq, e.transfer_id, t.kind, e.asset, e.amount_minor, e.balance_after_minor,
    coalesce(e.held_minor, 0), e.held_after_minor, e.effective_at, e.posted_at, t.metadata
FROM found AS e
INNER JOIN transfer AS t ON t.id = e.transfer_id
ORDER BY e.effective_at, e.account_seq LIMIT $7
"""
#: Entries of one moment up to a number, known by a time.
SUM_OF_MOMENT: Final = """
SELECT coalesce(sum(e.amount_minor), 0) FROM (
    SELECT n.amount_minor FROM entry AS n
    WHERE n.account_id = $1 AND n.posted_at = $2 AND n.effective_at = n.posted_at
        AND n.account_seq <= $3 AND n.posted_at <= coalesce($4::timestamptz, 'infinity')
    UNION ALL
    SELECT n.amount_minor FROM entry AS n
    WHERE n.account_id = $1 AND n.effective_at = $2 AND n.effective_at < n.posted_at
        AND n.account_seq <= $3 AND n.posted_at <= coalesce($4::timestamptz, 'infinity')
) AS e
"""


async def select_period(
    conn: Connection, account_id: UUID, period: Period, after: Place, limit: int
) -> list[EntryLine]:
    """A page of what took effect in a period, in order."""
    rows = await conn.fetch(
        SELECT_PERIOD,
        account_id,
        period.begins,
        period.ends,
        period.known_at,
        after.effective_at,
        after.account_seq,
        limit,
    )
    return [EntryLine(*row) for row in rows]


async def sum_of_moment(conn: Connection, account_id: UUID, place: Place, period: Period) -> int:
    """What took effect at one moment, up to a place in it."""
    found = await conn.fetchval(
        SUM_OF_MOMENT, account_id, place.effective_at, place.account_seq, period.known_at
    )
    return int(found)
