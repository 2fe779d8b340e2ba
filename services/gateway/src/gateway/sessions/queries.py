"""Statements of sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from gateway.sessions.lifecycle import ADDRESS_MAX, DEVICE_MAX, IDLE, ends_at
from gateway.sessions.models import Device, Session
from gateway.users.models import User

INSERT_SESSION: Final = """
INSERT INTO session (
    id, user_id, token_hash, created_at, last_seen_at, expires_at, address, agent,
    strengthened_at, strengthened_by
)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9)
"""
INSERT_PROGRAM_SESSION: Final = """
INSERT INTO session (
    id, user_id, token_hash, created_at, last_seen_at, expires_at, family_id, scopes
)
VALUES ($1, $2, $3, $4, $4, $5, $6, $7)
"""
REVOKE_FAMILIES: Final = """
UPDATE session SET revoked_at = $2
WHERE family_id = ANY($1::uuid []) AND revoked_at IS NULL
RETURNING token_hash
"""
SELECT_SESSION: Final = """
SELECT
    s.id, s.last_seen_at, s.expires_at, s.strengthened_at, s.strengthened_by, s.scopes,
    u.id AS user_id, u.display_name, u.community, u.roles, u.created_at
FROM session AS s
INNER JOIN users AS u ON u.id = s.user_id
WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND u.leaving_at IS NULL
"""
SELECT_SESSIONS: Final = """
SELECT id, address, agent, created_at, last_seen_at, expires_at, strengthened_by
FROM session
WHERE
    user_id = $1 AND revoked_at IS NULL AND expires_at > $2 AND last_seen_at > $3
    AND family_id IS NULL
ORDER BY last_seen_at DESC, id DESC LIMIT $4
"""
REVOKE_ONE: Final = """
UPDATE session SET revoked_at = $3
WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL
RETURNING token_hash
"""
REVOKE_OTHERS: Final = """
UPDATE session SET revoked_at = $3
WHERE user_id = $1 AND id IS DISTINCT FROM $2 AND revoked_at IS NULL
RETURNING token_hash
"""
SELECT_SEEN_FROM: Final = """
SELECT EXISTS (
    SELECT FROM session WHERE user_id = $1 AND address = $2 AND strengthened_at IS NOT NULL
)
"""
SELECT_DEVICES: Final = """
SELECT address, agent FROM session WHERE user_id = $1 AND family_id IS NULL
ORDER BY id DESC LIMIT $2
"""
SELECT_OPEN: Final = """
SELECT last_seen_at, expires_at FROM session WHERE id = $1 AND revoked_at IS NULL
"""
TOUCH_SESSION: Final = """
UPDATE session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2 AND revoked_at IS NULL
"""
REVOKE_SESSION: Final = """
UPDATE session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING token_hash
"""
DELETE_OLD_SESSIONS: Final = """
DELETE FROM session WHERE id IN (
    SELECT id FROM session WHERE last_seen_at < $1 ORDER BY last_seen_at LIMIT 5000
)
"""
INSERT_ATTEMPT: Final = """
INSERT INTO login_attempt (subject, attempts, last_at) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING
"""
SELECT_ATTEMPT: Final = "SELECT attempts, last_at FROM login_attempt WHERE subject = $1"
LOCK_ATTEMPT: Final = """
SELECT attempts, last_at FROM login_attempt WHERE subject = $1 FOR UPDATE
"""
UPDATE_ATTEMPT: Final = "UPDATE login_attempt SET attempts = $2, last_at = $3 WHERE subject = $1"
DELETE_ATTEMPT: Final = "DELETE FROM login_attempt WHERE subject = $1"
DELETE_OLD_ATTEMPTS: Final = """
DELETE FROM login_attempt WHERE subject IN (
    SELECT subject FROM login_attempt WHERE last_at < $1 ORDER BY last_at LIMIT 5000
)
"""


async def insert_session(
    conn: Connection,
    session: Session,
    token_hash: bytes,
    *,
    device: Device | None,
    now: datetime,
    expires_at: datetime,
) -> None:
    """Write a new session."""
    await conn.execute(
        INSERT_SESSION,
        session.id,
        session.user.id,
        token_hash,
        now,
        expires_at,
        device.address[:ADDRESS_MAX] if device else None,
        (device.agent or "")[:DEVICE_MAX] or None if device else None,
        session.strengthened_at,
        session.strengthened_by,
    )


async def insert_program_session(
    conn: Connection, session: Session, token_hash: bytes, family_id: UUID, now: datetime
) -> None:
    """Write a program's session, of one family."""
    await conn.execute(
        INSERT_PROGRAM_SESSION,
        session.id,
        session.user.id,
        token_hash,
        now,
        session.ends_at,
        family_id,
        sorted(session.scopes or ()),
    )


async def revoke_families(conn: Connection, families: Sequence[UUID], now: datetime) -> list[bytes]:
    """End the sessions of some families; returns the hashes of their tokens."""
    rows = await conn.fetch(REVOKE_FAMILIES, list(families), now)
    return [row["token_hash"] for row in rows]


async def select_session(conn: Connection, token_hash: bytes) -> tuple[Session, datetime] | None:
    """A session that was not revoked, and when it was last used."""
    row = await conn.fetchrow(SELECT_SESSION, token_hash)
    if row is None:
        return None
    user = User(
        row["user_id"],
        row["display_name"],
        row["community"],
        tuple(row["roles"]),
        row["created_at"],
    )
    ends = ends_at(row["last_seen_at"], row["expires_at"])
    session = Session(
        row["id"],
        user,
        ends,
        row["strengthened_at"],
        row["strengthened_by"],
        None if row["scopes"] is None else frozenset(row["scopes"]),
    )
    return session, row["last_seen_at"]


async def select_sessions(
    conn: Connection, user_id: UUID, now: datetime, limit: int
) -> list[dict[str, Any]]:
    """A person's open sessions, the last used first."""
    rows = await conn.fetch(SELECT_SESSIONS, user_id, now, now - IDLE, limit)
    return [dict(row) for row in rows]


async def revoke_one(
    conn: Connection, session_id: UUID, user_id: UUID, now: datetime
) -> bytes | None:
    """End a session of this person; returns its token's hash, nothing if there is none open."""
    found: bytes | None = await conn.fetchval(REVOKE_ONE, session_id, user_id, now)
    return found


async def revoke_others(
    conn: Connection, user_id: UUID, kept: UUID | None, now: datetime
) -> list[bytes]:
    """End all sessions of a person but one; returns the hashes of their tokens."""
    return [row["token_hash"] for row in await conn.fetch(REVOKE_OTHERS, user_id, kept, now)]


async def was_seen_from(conn: Connection, user_id: UUID, address: str) -> bool:
    """Whether a person has logged in from an address lately."""
    return bool(await conn.fetchval(SELECT_SEEN_FROM, user_id, address[:ADDRESS_MAX]))


async def select_devices(
    conn: Connection, user_id: UUID, limit: int
) -> list[tuple[str | None, str | None]]:
    """Addresses and agents of a person's newest log-ins."""
    rows = await conn.fetch(SELECT_DEVICES, user_id, limit)
    return [(row["address"], row["agent"]) for row in rows]


async def select_end(conn: Connection, session_id: UUID) -> datetime | None:
    """When a session ends; nothing if it was revoked."""
    row = await conn.fetchrow(SELECT_OPEN, session_id)
    return ends_at(row["last_seen_at"], row["expires_at"]) if row else None


async def touch_session(conn: Connection, session_id: UUID, now: datetime) -> None:
    """Note that a session is used."""
    await conn.execute(TOUCH_SESSION, session_id, now)


async def revoke(conn: Connection, session_id: UUID, now: datetime) -> bytes | None:
    """End a session; returns its token's hash, nothing if it had ended."""
    found: bytes | None = await conn.fetchval(REVOKE_SESSION, session_id, now)
    return found


async def delete_old(conn: Connection, sessions_before: datetime, attempts_before: datetime) -> Any:
    """Forget sessions and attempts that are long over, a bounded number."""
    await conn.execute(DELETE_OLD_SESSIONS, sessions_before)
    await conn.execute(DELETE_OLD_ATTEMPTS, attempts_before)


async def lock_attempt(
    conn: Connection, subject: bytes, now: datetime
) -> tuple[int, datetime] | None:
    """The attempts counted so far, locked; nothing when this is the first, which is now noted."""
    if (await conn.execute(INSERT_ATTEMPT, subject, now)).endswith(" 1"):
        return None
    row = await conn.fetchrow(LOCK_ATTEMPT, subject)
    return (row["attempts"], row["last_at"]) if row else None


async def select_attempt(conn: Connection, subject: bytes) -> tuple[int, datetime] | None:
    """The attempts counted so far."""
    row = await conn.fetchrow(SELECT_ATTEMPT, subject)
    return (row["attempts"], row["last_at"]) if row else None


async def update_attempt(conn: Connection, subject: bytes, attempts: int, now: datetime) -> None:
    """Note one more attempt."""
    await conn.execute(UPDATE_ATTEMPT, subject, attempts, now)


async def delete_attempt(conn: Connection, subject: bytes) -> None:
    """Forget the attempts: the right password was given."""
    await conn.execute(DELETE_ATTEMPT, subject)
