"""Statements of the journal: lock and read positions, write what was decided."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson

from chassis.database import Connection
from ledger.journal.models import Declined, Position, Posted

#: Amounts travel as text: NUMERIC(38,0) is wider than any integer that the driver knows.
LOCK_ACCOUNTS: Final = """
SELECT id, owner_id, type, asset, floor_minor::text, ceiling_minor::text, frozen, closed,
    account_seq, balance_minor::text, held_minor::text, posted_at
FROM lock_accounts($1)
"""
SELECT_POSITIONS: Final = """
SELECT a.id, a.owner_id, a.type, a.asset, a.floor_minor::text, a.ceiling_minor::text, a.frozen,
    a.closed, coalesce(h.account_seq, 0), coalesce(h.balance_after_minor, 0)::text,
    coalesce(h.held_after_minor, 0)::text, h.posted_at
FROM account AS a
LEFT JOIN LATERAL (
    SELECT e.account_seq, e.balance_after_minor, e.held_after_minor, e.posted_at
    FROM entry AS e WHERE e.account_id = a.id ORDER BY e.account_seq DESC LIMIT 1
) AS h ON true
WHERE a.id = ANY($1::uuid [])
"""
INSERT_POSTINGS: Final = """
WITH wanted AS MATERIALIZED (
    SELECT id, kind, entry_count, coalesce(effective_at, $1) AS effective_at, reverses,
        initiated_by, correlation_id, metadata::jsonb AS metadata
    FROM unnest(
        $2::uuid [], $3::text [], $4::smallint [], $5::timestamptz [], $6::uuid [], $7::uuid [],
        $8::text [], $9::text []
    ) AS t (
        id, kind, entry_count, effective_at, reverses, initiated_by, correlation_id, metadata
    )
), written AS (
    INSERT INTO transfer (
        id, kind, entry_count, effective_at, posted_at, reverses, initiated_by,
        correlation_id, metadata
    )
    SELECT id, kind, entry_count, effective_at, $1, reverses, initiated_by, correlation_id,
        metadata
    FROM wanted
)
INSERT INTO entry (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor, effective_at, posted_at
)
SELECT e.account_id, e.account_seq, e.transfer_id, e.position, e.asset,
    e.amount_minor::numeric(38, 0), e.balance_after_minor::numeric(38, 0),
    e.held_after_minor::numeric(38, 0), t.effective_at, $1
FROM unnest(
    $10::uuid [], $11::bigint [], $12::uuid [], $13::smallint [], $14::text [], $15::text [],
    $16::text [], $17::text []
) AS e (
    account_id, account_seq, transfer_id, position, asset, amount_minor, balance_after_minor,
    held_after_minor
)
INNER JOIN wanted AS t ON t.id = e.transfer_id
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
    return {row[0]: _read_position(row) for row in await conn.fetch(LOCK_ACCOUNTS, ids)}


async def select_positions(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Position]:
    """Read positions without a lock: they may move at any time."""
    return {row[0]: _read_position(row) for row in await conn.fetch(SELECT_POSITIONS, ids)}


def _read_position(row: Any) -> Position:
    account_id, owner, kind, asset, floor, ceiling, frozen, closed, seq, balance, held, at = row
    return Position(
        account_id,
        owner,
        kind,
        asset,
        None if floor is None else int(floor),
        None if ceiling is None else int(ceiling),
        frozen,
        closed,
        seq,
        int(balance),
        int(held),
        at,
    )


async def insert_postings(conn: Connection, posted: Sequence[Posted]) -> None:
    """Write transfers of one moment and their entries, all in one statement."""
    entries = [
        (verdict.transfer.id, position, entry)
        for verdict in posted
        for position, entry in enumerate(verdict.entries, 1)
    ]
    transfers = [verdict.transfer for verdict in posted]
    await conn.execute(
        INSERT_POSTINGS,
        posted[0].posted_at,
        [transfer.id for transfer in transfers],
        [transfer.kind for transfer in transfers],
        [len(verdict.entries) for verdict in posted],
        [transfer.effective_at for transfer in transfers],
        [transfer.reverses for transfer in transfers],
        [transfer.initiated_by for transfer in transfers],
        [transfer.cause.correlation_id for transfer in transfers],
        [orjson.dumps(transfer.metadata).decode() for transfer in transfers],
        [entry.account_id for _, _, entry in entries],
        [entry.account_seq for _, _, entry in entries],
        [transfer_id for transfer_id, _, _ in entries],
        [position for _, position, _ in entries],
        [entry.asset for _, _, entry in entries],
        [str(entry.amount_minor) for _, _, entry in entries],
        [str(entry.balance_after_minor) for _, _, entry in entries],
        [str(entry.held_after_minor) for _, _, entry in entries],
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
