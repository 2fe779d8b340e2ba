"""Statements of the journal: lock and read positions, write what was decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson

from chassis.database import Connection
from ledger.journal.models import Declined, Position, Posted

LOCK_ACCOUNTS: Final = """
SELECT id, owner_id, type, asset, floor_minor, ceiling_minor, frozen, closed,
    account_seq, balance_minor, held_minor, posted_at
FROM lock_accounts($1)
"""
#: Amounts travel as text: NUMERIC(38,0) is wider than any integer that the driver knows.
INSERT_POSTINGS: Final = """
WITH written AS (
    INSERT INTO transfer (
        id, kind, entry_count, effective_at, posted_at, reverses, initiated_by,
        correlation_id, metadata
    )
    SELECT id, kind, entry_count, effective_at, posted_at, reverses, initiated_by,
        correlation_id, metadata::jsonb
    FROM unnest(
        $1::uuid [], $2::text [], $3::smallint [], $4::timestamptz [], $5::timestamptz [],
        $6::uuid [], $7::uuid [], $8::text [], $9::text []
    ) AS t (
        id, kind, entry_count, effective_at, posted_at, reverses, initiated_by,
        correlation_id, metadata
    )
)
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, effective_at, posted_at
)
SELECT account_id, account_seq, transfer_id, position, asset, amount_minor::numeric(38, 0),
    balance_after_minor::numeric(38, 0), held_after_minor::numeric(38, 0), effective_at, posted_at
FROM unnest(
    $10::uuid [], $11::bigint [], $12::uuid [], $13::smallint [], $14::text [], $15::text [],
    $16::text [], $17::text [], $18::timestamptz [], $19::timestamptz []
) AS e (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, effective_at, posted_at
)
"""
INSERT_REFUSED_ATTEMPTS: Final = """
INSERT INTO refused_attempt (
    attempted_at, transfer_id, kind, initiated_by, account_id, asset, rule, limit_minor,
    beyond_minor, detail, correlation_id
)
SELECT $1, transfer_id, kind, initiated_by, account_id, asset, rule, limit_minor::numeric(38, 0),
    beyond_minor::numeric(39, 0), detail, correlation_id
FROM unnest(
    $2::uuid [], $3::text [], $4::uuid [], $5::uuid [], $6::text [], $7::text [], $8::text [],
    $9::text [], $10::text [], $11::text []
) AS r (
    transfer_id, kind, initiated_by, account_id, asset, rule, limit_minor, beyond_minor, detail,
    correlation_id
)
"""


async def lock_accounts(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Position]:
    """Lock accounts in id order and read their positions; unknown ones are left out."""
    return {row[0]: Position(*row) for row in await conn.fetch(LOCK_ACCOUNTS, ids)}


async def insert_postings(conn: Connection, posted: Sequence[Posted]) -> None:
    """Write transfers and entries, all in one statement."""
    entries = [
        (verdict, position, entry)
        for verdict in posted
        for position, entry in enumerate(verdict.entries, 1)
    ]
    await conn.execute(
        INSERT_POSTINGS,
        [verdict.transfer.id for verdict in posted],
        [verdict.transfer.kind for verdict in posted],
        [len(verdict.entries) for verdict in posted],
        [verdict.effective_at for verdict in posted],
        [verdict.posted_at for verdict in posted],
        [verdict.transfer.reverses for verdict in posted],
        [verdict.transfer.initiated_by for verdict in posted],
        [verdict.transfer.cause.correlation_id for verdict in posted],
        [orjson.dumps(verdict.transfer.metadata).decode() for verdict in posted],
        [entry.account_id for _, _, entry in entries],
        [entry.account_seq for _, _, entry in entries],
        [verdict.transfer.id for verdict, _, _ in entries],
        [position for _, position, _ in entries],
        [entry.asset for _, _, entry in entries],
        [str(entry.amount_minor) for _, _, entry in entries],
        [str(entry.balance_after_minor) for _, _, entry in entries],
        [str(entry.held_after_minor) for _, _, entry in entries],
        [verdict.effective_at for verdict, _, _ in entries],
        [verdict.posted_at for verdict, _, _ in entries],
    )


async def insert_refused_attempts(
    conn: Connection, declined: Sequence[Declined], at: datetime
) -> None:
    """Keep who tried what, which rule refused it, and by how much it was broken."""

    def text(minor: int | None) -> str | None:
        return None if minor is None else str(minor)

    await conn.execute(
        INSERT_REFUSED_ATTEMPTS,
        at,
        [verdict.transfer.id for verdict in declined],
        [verdict.transfer.kind for verdict in declined],
        [verdict.transfer.initiated_by for verdict in declined],
        [verdict.account_id for verdict in declined],
        [verdict.asset for verdict in declined],
        [verdict.problem.slug() for verdict in declined],
        [text(verdict.limit_minor) for verdict in declined],
        [text(verdict.beyond_minor) for verdict in declined],
        [verdict.problem.detail for verdict in declined],
        [verdict.transfer.cause.correlation_id for verdict in declined],
    )
