"""Statements of codes."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.database import Connection
from gateway.users.models import Identity
from gateway.verification.models import Sent

HOLD_ADDRESS: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
SELECT_SENT: Final = """
SELECT created_at FROM one_time_code
WHERE kind = $1 AND value_normalised = $2 AND created_at > $3
ORDER BY created_at DESC LIMIT $4
"""
INSERT_CODE: Final = """
INSERT INTO one_time_code (
    id, user_id, purpose, kind, value_normalised, code_hash, created_at, expires_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
TRY_CODE: Final = """
UPDATE one_time_code SET attempts = attempts + 1
WHERE id = (
    SELECT id FROM one_time_code
    WHERE
        purpose = $1 AND kind = $2 AND value_normalised = $3
        AND ($4::uuid IS NULL OR user_id = $4)
    ORDER BY created_at DESC, id DESC LIMIT 1
    FOR UPDATE
) AND used_at IS NULL AND expires_at > $5 AND attempts < $6
RETURNING id, user_id, code_hash, attempts, expires_at
"""
USE_CODE: Final = "UPDATE one_time_code SET used_at = $2 WHERE id = $1 AND used_at IS NULL"
DELETE_OLD_CODES: Final = """
DELETE FROM one_time_code WHERE id IN (
    SELECT id FROM one_time_code WHERE expires_at < $1 ORDER BY expires_at LIMIT 5000
)
"""


async def select_sent(
    conn: Connection, identity: Identity, after: datetime, limit: int
) -> list[datetime]:
    """When codes were sent to an address lately, the newest first; holds the address."""
    await conn.execute(HOLD_ADDRESS, f"gateway.code.{identity.kind}.{identity.value}")
    rows = await conn.fetch(SELECT_SENT, identity.kind, identity.value, after, limit)
    return [row["created_at"] for row in rows]


async def insert_code(
    conn: Connection, code: Sent, purpose: str, identity: Identity, now: datetime
) -> None:
    """Write a code."""
    await conn.execute(
        INSERT_CODE,
        code.id,
        code.user_id,
        purpose,
        identity.kind,
        identity.value,
        code.code_hash,
        now,
        code.expires_at,
    )


async def try_code(
    conn: Connection,
    purpose: str,
    identity: Identity,
    user_id: UUID | None,
    now: datetime,
    attempts_max: int,
) -> Sent | None:
    """Count an attempt at the newest code; nothing when it is used, over or tried too often."""
    row = await conn.fetchrow(
        TRY_CODE, purpose, identity.kind, identity.value, user_id, now, attempts_max
    )
    return Sent(**dict(row)) if row else None


async def use_code(conn: Connection, code_id: UUID, now: datetime) -> bool:
    """Use a code; False when another request did."""
    done: str = await conn.execute(USE_CODE, code_id, now)
    return done.endswith(" 1")


async def delete_old_codes(conn: Connection, before: datetime) -> None:
    """Forget codes that are over, a bounded number."""
    await conn.execute(DELETE_OLD_CODES, before)
