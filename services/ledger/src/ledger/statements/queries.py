"""Statements of account, as SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.models import EntryLine
from ledger.statements.models import Period, Place, Side

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
#: How many entries a period has, counted no further than asked.
COUNT_PERIOD: Final = """
SELECT count(*) FROM (
    (
        SELECT FROM entry AS e
        WHERE e.account_id = $1 AND e.posted_at >= $2 AND e.posted_at < $3
            AND e.effective_at = e.posted_at
            AND e.posted_at <= coalesce($4::timestamptz, 'infinity')
        LIMIT $5
    )
    UNION ALL
    (
        SELECT FROM entry AS e
        WHERE e.account_id = $1 AND e.effective_at >= $2 AND e.effective_at < $3
            AND e.effective_at < e.posted_at
            AND e.posted_at <= coalesce($4::timestamptz, 'infinity')
        LIMIT $5
    )
) AS found
"""
SELECT_NEWEST: Final = """
SELECT posted_at FROM entry WHERE account_id = $1 ORDER BY account_seq DESC LIMIT 1
"""
SELECT_NAME: Final = "SELECT display_name FROM member WHERE user_id = $1"
#: The accounts that moved the other way in each transfer, in the same asset.
SELECT_SIDES: Final = """
SELECT t.id, o.owner_id, o.type, o.display_name, coalesce(o.owner_id = $3, false) AS is_own
FROM unnest($2::uuid []) AS t (id)
CROSS JOIN LATERAL (
    SELECT sum(n.amount_minor) AS moved, min(n.asset) AS asset FROM entry AS n
    WHERE n.transfer_id = t.id AND n.account_id = $1
) AS own
CROSS JOIN LATERAL (
    SELECT a.owner_id, a.type, m.display_name
    FROM entry AS e
    INNER JOIN account AS a ON a.id = e.account_id
    LEFT JOIN member AS m ON m.user_id = a.owner_id
    WHERE e.transfer_id = t.id AND e.asset = own.asset
        AND sign(e.amount_minor) = -sign(own.moved) AND own.moved <> 0
    ORDER BY e.position LIMIT $4
) AS o
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


async def count_period(conn: Connection, account_id: UUID, period: Period, most: int) -> int:
    """How many entries took effect in a period; more than `most` are not counted on."""
    found: int = await conn.fetchval(
        COUNT_PERIOD, account_id, period.begins, period.ends, period.known_at, most + 1
    )
    return found


async def select_newest(conn: Connection, account_id: UUID) -> datetime | None:
    """When the newest entry of an account was posted."""
    found: datetime | None = await conn.fetchval(SELECT_NEWEST, account_id)
    return found


async def select_name(conn: Connection, user_id: UUID) -> str | None:
    """A member's name."""
    found: str | None = await conn.fetchval(SELECT_NAME, user_id)
    return found


async def select_sides(
    conn: Connection, account_id: UUID, owner_id: UUID | None, transfers: Sequence[UUID], most: int
) -> dict[UUID, list[Side]]:
    """The other sides of transfers, at most so many of each."""
    found: dict[UUID, list[Side]] = {}
    for row in await conn.fetch(SELECT_SIDES, account_id, transfers, owner_id, most):
        side = Side(row["owner_id"], row["type"], row["display_name"], row["is_own"])
        found.setdefault(row["id"], []).append(side)
    return found
