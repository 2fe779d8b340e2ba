"""Statements of synonyms."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection

SELECT_VERSION: Final = "SELECT version FROM synonym_stand"
#: Held until the transaction ends: rules are counted and changed one after another.
HOLD_VERSION: Final = "SELECT version FROM synonym_stand FOR UPDATE"
SELECT_RULES: Final = """
SELECT rule_id, rule, shipped, active, changed_by, changed_at, reason
FROM synonym_rule ORDER BY changed_at, rule_id LIMIT $1
"""
SELECT_RULE: Final = """
SELECT rule_id, rule, shipped, active, changed_by, changed_at, reason
FROM synonym_rule WHERE rule_id = $1
"""
COUNT_ACTIVE: Final = "SELECT count(*) FROM synonym_rule WHERE active AND NOT shipped"
UPSERT_RULE: Final = """
INSERT INTO synonym_rule (rule_id, rule, shipped, active, changed_by, changed_at, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (rule_id) DO UPDATE SET active = excluded.active, changed_by = excluded.changed_by,
    changed_at = excluded.changed_at, reason = excluded.reason
"""
SELECT_CHANGES: Final = """
SELECT change_id, rule_id, rule, active, changed_by, changed_at, reason
FROM synonym_change WHERE $1::bigint IS NULL OR change_id < $1 ORDER BY change_id DESC LIMIT $2
"""


async def select_version(conn: Connection) -> int:
    """How often rules were changed."""
    return int(await conn.fetchval(SELECT_VERSION))


async def hold_version(conn: Connection) -> None:
    """Let nobody else change rules until the transaction ends."""
    await conn.fetchval(HOLD_VERSION)


async def select_rules(conn: Connection, limit: int) -> Sequence[Any]:
    """Rules that operators have written or switched."""
    return list(await conn.fetch(SELECT_RULES, limit))


async def select_rule(conn: Connection, rule_id: UUID) -> Any:
    """One of them."""
    return await conn.fetchrow(SELECT_RULE, rule_id)


async def count_active(conn: Connection) -> int:
    """How many of the operators' own are in force."""
    return int(await conn.fetchval(COUNT_ACTIVE))


async def upsert_rule(  # noqa: PLR0913 - a row's columns, by keyword
    conn: Connection,
    rule_id: UUID,
    rule: str,
    *,
    shipped: bool,
    active: bool,
    by: UUID,
    now: datetime,
    reason: str,
) -> None:
    """Write a rule, or switch it."""
    await conn.execute(UPSERT_RULE, rule_id, rule, shipped, active, by, now, reason)


async def select_changes(conn: Connection, before: int | None, limit: int) -> Sequence[Any]:
    """What was changed, the newest first."""
    return list(await conn.fetch(SELECT_CHANGES, before, limit))
