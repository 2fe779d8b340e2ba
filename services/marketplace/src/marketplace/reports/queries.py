"""Statements of reports."""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.reports.models import Decided, Report

#: One report of a person at a time, so that two can't both be the last that is allowed.
HOLD_REPORTER: Final = "SELECT pg_advisory_xact_lock(hashtextextended('item_report:' || $1, 0))"
COUNT_SINCE: Final = """
SELECT count(*) FROM item_report WHERE reporter_id = $1 AND reported_at > $2
"""
INSERT_REPORT: Final = """
INSERT INTO item_report (
    id, item_id, item_version, seller_id, community, reporter_id, ground, details, reported_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (item_id, reporter_id) DO NOTHING
RETURNING id
"""
LOCK_OPEN: Final = """
SELECT id, reporter_id FROM item_report
WHERE item_id = $1 AND decision_id IS NULL
ORDER BY id LIMIT $2 FOR NO KEY UPDATE
"""
INSERT_DECISION: Final = """
INSERT INTO item_decision (
    id, item_id, item_version, seller_id, community, decision, reason, reports, decided_by,
    decided_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
SETTLE: Final = "UPDATE item_report SET decision_id = $2 WHERE id = ANY($1::uuid [])"
SELECT_QUEUE: Final = """
SELECT
    item.id AS item_id, item.title, item.seller_id, item.status, item.hidden,
    oldest.id AS report_id, oldest.reported_at AS first_reported_at,
    counted.open_reports, counted.grounds
FROM item_report AS oldest
INNER JOIN item ON oldest.item_id = item.id
CROSS JOIN LATERAL (
    SELECT
        sum(each.reports)::bigint AS open_reports,
        jsonb_object_agg(each.ground, each.reports) AS grounds
    FROM (
        SELECT
            ground,
            count(*) AS reports
        FROM item_report
        WHERE item_id = oldest.item_id AND decision_id IS NULL
        GROUP BY ground
    ) AS each
) AS counted
WHERE oldest.community = $1 AND oldest.decision_id IS NULL AND ($2::uuid IS NULL OR oldest.id > $2)
    AND NOT EXISTS (
        SELECT FROM item_report AS earlier
        WHERE earlier.item_id = oldest.item_id AND earlier.decision_id IS NULL
            AND earlier.id < oldest.id
    )
ORDER BY oldest.id LIMIT $3
"""
SELECT_REPORTS: Final = """
SELECT id, item_version, reporter_id, ground, details, reported_at, decision_id
FROM item_report WHERE item_id = $1 ORDER BY id LIMIT $2
"""
SELECT_OWN: Final = """
SELECT id, item_id, item_version, ground, details, reported_at, decision_id IS NOT NULL AS decided
FROM item_report WHERE reporter_id = $1 AND ($2::uuid IS NULL OR id < $2)
ORDER BY id DESC LIMIT $3
"""
SELECT_DECISIONS: Final = """
SELECT id, item_id, decision, reason, reports, decided_by, decided_at
FROM item_decision WHERE item_id = $1 ORDER BY id LIMIT $2
"""


async def hold_reporter(conn: Connection, reporter_id: UUID, since: datetime) -> int:
    """Let one person's reports come one after the other; returns how many there were since."""
    await conn.execute(HOLD_REPORTER, str(reporter_id))
    found: int = await conn.fetchval(COUNT_SINCE, reporter_id, since)
    return found


async def insert_report(conn: Connection, report: Report) -> bool:
    """Keep a report; False when the person has reported the item before."""
    return await conn.fetchval(INSERT_REPORT, *astuple(report)) is not None


async def lock_open(conn: Connection, item_id: UUID, limit: int) -> dict[UUID, UUID]:
    """Open reports of an item, oldest first, locked; and who made each."""
    return {row["id"]: row["reporter_id"] for row in await conn.fetch(LOCK_OPEN, item_id, limit)}


async def insert_decision(conn: Connection, decided: Decided, report_ids: Sequence[UUID]) -> None:
    """Keep a decision, and settle reports by it."""
    await conn.execute(INSERT_DECISION, *astuple(decided))
    await conn.execute(SETTLE, list(report_ids), decided.id)


async def select_queue(
    conn: Connection, community: str, after: UUID | None, limit: int
) -> list[Any]:
    """Items with open reports, by their oldest one."""
    rows: list[Any] = await conn.fetch(SELECT_QUEUE, community, after, limit)
    return rows


async def select_reports(conn: Connection, item_id: UUID, limit: int) -> list[Any]:
    """Reports of an item, oldest first."""
    rows: list[Any] = await conn.fetch(SELECT_REPORTS, item_id, limit)
    return rows


async def select_own(
    conn: Connection, reporter_id: UUID, before: UUID | None, limit: int
) -> list[Any]:
    """A page of a person's own reports, newest first."""
    rows: list[Any] = await conn.fetch(SELECT_OWN, reporter_id, before, limit)
    return rows


async def select_decisions(conn: Connection, item_id: UUID, limit: int) -> list[Any]:
    """Decisions on an item, oldest first."""
    rows: list[Any] = await conn.fetch(SELECT_DECISIONS, item_id, limit)
    return rows
