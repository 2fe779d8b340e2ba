"""Statements of imported history."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.histories.models import HistoryImport, Refusal, Tie

INSERT_IMPORT: Final = """
INSERT INTO history_import (
    id, name, kind, community, content_hash, started_by, started_at, rows_done, posted, refused
) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0)
ON CONFLICT (name) DO NOTHING
"""
SELECT_NAMED: Final = """
SELECT id, name, kind, community, content_hash, started_by, started_at, rows_done, posted, refused
FROM history_import WHERE name = $1
"""
SELECT_IMPORT: Final = """
SELECT id, name, kind, community, content_hash, started_by, started_at, rows_done, posted, refused
FROM history_import WHERE id = $1
"""
LOCK_IMPORT: Final = """
SELECT id, name, kind, community, content_hash, started_by, started_at, rows_done, posted, refused
FROM history_import WHERE id = $1 FOR NO KEY UPDATE
"""
COUNT_ON: Final = """
UPDATE history_import SET rows_done = rows_done + $2 + $3, posted = posted + $2,
    refused = refused + $3
WHERE id = $1
"""
INSERT_REFUSALS: Final = """
INSERT INTO history_refusal (import_id, row_number, line, reference, field, rule, message)
SELECT $1, row_number, line, reference, field, rule, message
FROM unnest(
    $2::bigint [], $3::bigint [], $4::text [], $5::text [], $6::text [], $7::text []
) AS r (row_number, line, reference, field, rule, message)
"""
SELECT_REFUSALS: Final = """
SELECT row_number, line, reference, field, rule, message FROM history_refusal
WHERE import_id = $1 AND row_number > $2 ORDER BY row_number LIMIT $3
"""
SELECT_POSTED: Final = "SELECT id FROM transfer WHERE id = ANY($1::uuid [])"
SELECT_TIES: Final = """
SELECT b.asset, coalesce(-sum(e.amount_minor) FILTER (
    WHERE t.metadata ->> 'import' = $3
), 0) AS entered, -min(b.balance_minor) AS given
FROM account_balances AS b
INNER JOIN entry AS e ON e.account_id = b.id
INNER JOIN transfer AS t ON t.id = e.transfer_id
WHERE b.community = $1 AND b.type = 'TRANSIT' AND b.name = $2
GROUP BY b.asset ORDER BY b.asset
"""


async def insert_import(conn: Connection, wanted: HistoryImport) -> None:
    """Write a new import, unless the name is taken."""
    await conn.execute(
        INSERT_IMPORT,
        wanted.id,
        wanted.name,
        wanted.kind,
        wanted.community,
        wanted.content_hash,
        wanted.started_by,
        wanted.started_at,
    )


async def select_named(conn: Connection, name: str) -> HistoryImport | None:
    """The import of a name."""
    row = await conn.fetchrow(SELECT_NAMED, name)
    return HistoryImport(*row) if row else None


async def select_import(conn: Connection, import_id: UUID) -> HistoryImport | None:
    """An import."""
    row = await conn.fetchrow(SELECT_IMPORT, import_id)
    return HistoryImport(*row) if row else None


async def lock_import(conn: Connection, import_id: UUID) -> HistoryImport | None:
    """An import, locked: rows come in one batch after another."""
    row = await conn.fetchrow(LOCK_IMPORT, import_id)
    return HistoryImport(*row) if row else None


async def count_on(conn: Connection, import_id: UUID, posted: int, refused: int) -> None:
    """So many more rows are done."""
    await conn.execute(COUNT_ON, import_id, posted, refused)


async def insert_refusals(conn: Connection, import_id: UUID, refusals: Sequence[Refusal]) -> None:
    """Keep which rows were refused; none is fine."""
    if refusals:
        await conn.execute(
            INSERT_REFUSALS,
            import_id,
            [one.row_number for one in refusals],
            [one.line for one in refusals],
            [one.reference for one in refusals],
            [one.field for one in refusals],
            [one.rule for one in refusals],
            [one.message for one in refusals],
        )


async def select_refusals(
    conn: Connection, import_id: UUID, after: int, limit: int
) -> list[Refusal]:
    """A page of refused rows, in order."""
    return [Refusal(*row) for row in await conn.fetch(SELECT_REFUSALS, import_id, after, limit)]


async def select_posted(conn: Connection, ids: Sequence[UUID]) -> set[UUID]:
    """Which of these transfers are there."""
    return {row[0] for row in await conn.fetch(SELECT_POSTED, ids)}


async def select_ties(conn: Connection, community: str, account: str, name: str) -> list[Tie]:
    """By asset: what an import entered, and what the account of opening balances gave in all."""
    return [Tie(*row) for row in await conn.fetch(SELECT_TIES, community, account, name)]
