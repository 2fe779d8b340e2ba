"""Statements of compliance."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from contracts.gateway import CheckKind
from gateway.compliance.models import Check, Override

SELECT_SHOWN: Final = "SELECT display_name FROM users WHERE id = $1"
INSERT_STANDING: Final = """
INSERT INTO compliance_standing (user_id, version, restricted, changed_at)
VALUES ($1, 1, FALSE, $2) ON CONFLICT (user_id) DO NOTHING
"""
LOCK_STANDING: Final = """
SELECT version, restricted FROM compliance_standing WHERE user_id = $1 FOR UPDATE
"""
SELECT_STANDING: Final = """
SELECT version, restricted FROM compliance_standing WHERE user_id = $1
"""
UPDATE_STANDING: Final = """
UPDATE compliance_standing SET version = $2, restricted = $3, changed_at = $4 WHERE user_id = $1
"""
_CHECK: Final = """
SELECT user_id, kind, status, provider, reference, risk_score, flags, checked_at, expires_at,
    override_id
FROM compliance_check
"""
SELECT_CHECKS: Final = f"{_CHECK} WHERE user_id = $1 ORDER BY kind"
UPSERT_CHECK: Final = """
INSERT INTO compliance_check (
    user_id, kind, status, provider, reference, risk_score, flags, checked_at, expires_at,
    override_id
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (user_id, kind) DO UPDATE SET status = $3, provider = $4, reference = $5,
    risk_score = $6, flags = $7, checked_at = $8, expires_at = $9, override_id = $10
"""
_OVERRIDE: Final = """
SELECT id, user_id, kind, status, reason, requested_by, requested_at, decision, decided_by,
    decided_at
FROM compliance_override
"""
INSERT_OVERRIDE: Final = """
INSERT INTO compliance_override (id, user_id, kind, status, reason, requested_by, requested_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (user_id, kind) WHERE decision IS NULL DO NOTHING
"""
LOCK_OVERRIDE: Final = f"{_OVERRIDE} WHERE id = $1 FOR UPDATE"
SELECT_OPEN: Final = f"{_OVERRIDE} WHERE decision IS NULL ORDER BY id LIMIT $1"
DECIDE_OVERRIDE: Final = """
UPDATE compliance_override SET decision = $2, decided_by = $3, decided_at = $4 WHERE id = $1
"""


async def select_shown(conn: Connection, user_id: UUID) -> str | None:
    """The name that a person shows; nothing where nobody has the id."""
    name: str | None = await conn.fetchval(SELECT_SHOWN, user_id)
    return name


async def lock_standing(conn: Connection, user_id: UUID, now: datetime) -> tuple[int, bool]:
    """A person's version and whether they are restricted, locked; made if need be."""
    await conn.execute(INSERT_STANDING, user_id, now)
    row = await conn.fetchrow(LOCK_STANDING, user_id)
    return row["version"], row["restricted"]


async def select_standing(conn: Connection, user_id: UUID) -> tuple[int, bool]:
    """A person's version and whether they are restricted; zero where nobody ever checked."""
    row = await conn.fetchrow(SELECT_STANDING, user_id)
    return (row["version"], row["restricted"]) if row else (0, False)


async def update_standing(
    conn: Connection, user_id: UUID, version: int, now: datetime, *, restricted: bool
) -> None:
    """Write how a person stands."""
    await conn.execute(UPDATE_STANDING, user_id, version, restricted, now)


async def select_checks(conn: Connection, user_id: UUID) -> dict[CheckKind, Check]:
    """A person's checks by kind."""
    found: dict[CheckKind, Check] = {}
    for row in await conn.fetch(SELECT_CHECKS, user_id):
        values = dict(row)
        found[row["kind"]] = Check(**{**values, "flags": tuple(values["flags"])})
    return found


async def upsert_check(conn: Connection, check: Check) -> None:
    """Write a check as it stands."""
    await conn.execute(
        UPSERT_CHECK,
        check.user_id,
        check.kind,
        check.status,
        check.provider,
        check.reference,
        check.risk_score,
        list(check.flags),
        check.checked_at,
        check.expires_at,
        check.override_id,
    )


async def insert_override(conn: Connection, wanted: Override) -> bool:
    """Write a wish; False when one waits already."""
    written: str = await conn.execute(
        INSERT_OVERRIDE,
        wanted.id,
        wanted.user_id,
        wanted.kind,
        wanted.status,
        wanted.reason,
        wanted.requested_by,
        wanted.requested_at,
    )
    return written.endswith(" 1")


async def lock_override(conn: Connection, override_id: UUID) -> Override | None:
    """A wish, locked."""
    row = await conn.fetchrow(LOCK_OVERRIDE, override_id)
    return Override(**dict(row)) if row else None


async def select_open(conn: Connection, limit: int) -> Sequence[Override]:
    """Wishes that wait, oldest first."""
    return [Override(**dict(row)) for row in await conn.fetch(SELECT_OPEN, limit)]


async def decide_override(conn: Connection, decided: Override) -> None:
    """Write a decision."""
    await conn.execute(
        DECIDE_OVERRIDE, decided.id, decided.decision, decided.decided_by, decided.decided_at
    )
