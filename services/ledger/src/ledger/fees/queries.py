"""Statements of fees."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.fees.models import Bracket, Fee, Price, Quote, Rule, Schedule

#: In force at a time, or later: whatever a newer version has replaced by then is left out.
SELECT_SCHEDULES: Final = """
SELECT s.id, s.operation, s.asset, s.community, s.valid_from, s.rules, s.reason, s.created_by,
    s.created_at
FROM fee_schedule AS s
WHERE NOT EXISTS (
    SELECT FROM fee_schedule AS newer
    WHERE newer.operation = s.operation AND newer.asset IS NOT DISTINCT FROM s.asset
        AND newer.community IS NOT DISTINCT FROM s.community
        AND newer.valid_from > s.valid_from AND newer.valid_from <= $1
)
"""
SELECT_VERSIONS: Final = """
SELECT id, operation, asset, community, valid_from, rules, reason, created_by, created_at
FROM fee_schedule
WHERE ($1::text IS NULL OR operation = $1)
    AND ($2::text IS NULL OR community IS NULL OR community = $2)
    AND ($3::uuid IS NULL OR id < $3)
ORDER BY id DESC LIMIT $4
"""
INSERT_SCHEDULE: Final = """
INSERT INTO fee_schedule (
    id, operation, asset, community, valid_from, rules, reason, created_by, created_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (operation, asset, community, valid_from) DO NOTHING
RETURNING id
"""
INSERT_QUOTE: Final = """
INSERT INTO fee_quote (
    id, owner_id, operation, asset, community, amount_minor, schedule_id, items, created_at,
    expires_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
SELECT_QUOTES: Final = """
SELECT id, owner_id, operation, asset, community, amount_minor, schedule_id, items, created_at,
    expires_at
FROM fee_quote WHERE id = ANY($1::uuid []) AND owner_id = $2
"""
DELETE_OLD_QUOTES: Final = """
DELETE FROM fee_quote WHERE id IN (
    SELECT id FROM fee_quote WHERE expires_at < $1 ORDER BY expires_at LIMIT 5000
)
"""


async def select_schedules(conn: Connection, at: datetime) -> tuple[Schedule, ...]:
    """Every schedule that is in force at a time or will be."""
    return tuple(_read_schedule(row) for row in await conn.fetch(SELECT_SCHEDULES, at))


async def select_versions(
    conn: Connection,
    operation: str | None,
    community: str | None,
    before: UUID | None,
    limit: int,
) -> list[Schedule]:
    """A page of all versions, or of those for a community, newest first."""
    rows = await conn.fetch(SELECT_VERSIONS, operation, community, before, limit)
    return [_read_schedule(row) for row in rows]


async def insert_schedule(conn: Connection, schedule: Schedule) -> bool:
    """Write a version; False when there is one for this scope and time."""
    written = await conn.fetchval(
        INSERT_SCHEDULE,
        schedule.id,
        schedule.operation,
        schedule.asset,
        schedule.community,
        schedule.valid_from,
        [_write_rule(rule) for rule in schedule.rules],
        schedule.reason,
        schedule.created_by,
        schedule.created_at,
    )
    return written is not None


async def insert_quote(conn: Connection, quote: Quote) -> None:
    """Write a promise."""
    price = quote.price
    await conn.execute(
        INSERT_QUOTE,
        quote.id,
        quote.owner_id,
        quote.operation,
        quote.asset,
        quote.community,
        price.amount_minor,
        price.schedule_id,
        [[fee.tier, str(fee.amount_minor)] for fee in price.fees],
        quote.created_at,
        quote.expires_at,
    )


async def select_quotes(conn: Connection, ids: Sequence[UUID], owner: UUID) -> dict[UUID, Quote]:
    """Promises that were made to somebody."""
    return {row["id"]: _read_quote(row) for row in await conn.fetch(SELECT_QUOTES, ids, owner)}


async def delete_old_quotes(conn: Connection, before: datetime) -> None:
    """Forget promises that expired before a time."""
    await conn.execute(DELETE_OLD_QUOTES, before)


def _read_quote(row: Mapping[str, Any]) -> Quote:
    fees = tuple(Fee(tier, int(minor)) for tier, minor in row["items"])
    return Quote(
        row["id"],
        row["owner_id"],
        row["operation"],
        row["asset"],
        row["community"],
        Price(row["amount_minor"], fees, row["schedule_id"], row["id"]),
        row["created_at"],
        row["expires_at"],
    )


def _read_schedule(row: Mapping[str, Any]) -> Schedule:
    rules = tuple(_read_rule(rule) for rule in row["rules"])
    return Schedule(**{**row, "rules": rules})


def _minor(text: str | None) -> int | None:
    return None if text is None else int(text)


def _text(minor: int | None) -> str | None:
    return None if minor is None else str(minor)


def _read_rule(kept: Mapping[str, Any]) -> Rule:
    return Rule(
        kept["tier"],
        kept["kind"],
        tuple(Bracket(_minor(bound), bps) for bound, bps in kept["brackets"]),
        int(kept["flat"]),
        int(kept["min"]),
        _minor(kept["max"]),
    )


def _write_rule(rule: Rule) -> dict[str, Any]:
    return {
        "tier": rule.tier,
        "kind": rule.kind,
        "brackets": [[_text(one.up_to_minor), one.bps] for one in rule.brackets],
        "flat": str(rule.flat_minor),
        "min": str(rule.min_minor),
        "max": _text(rule.max_minor),
    }
