"""Statements of sessions."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from gateway.sessions.lifecycle import ends_at
from gateway.sessions.models import Session
from gateway.users.models import User

INSERT_SESSION: Final = """
INSERT INTO session (id, user_id, token_hash, created_at, last_seen_at, expires_at)
VALUES ($1, $2, $3, $4, $4, $5)
"""
SELECT_SESSION: Final = """
SELECT
    s.id, s.last_seen_at, s.expires_at,
    u.id AS user_id, u.display_name, u.community, u.roles, u.created_at
FROM session AS s
INNER JOIN users AS u ON u.id = s.user_id
WHERE s.token_hash = $1 AND s.revoked_at IS NULL
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
    SELECT id FROM session WHERE expires_at < $1 ORDER BY expires_at LIMIT 5000
)
"""
INSERT_ATTEMPT: Final = """
INSERT INTO login_attempt (subject, attempts, last_at) VALUES ($1, 1, $2) ON CONFLICT DO NOTHING
"""
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
    conn: Connection, session: Session, token_hash: bytes, *, now: datetime, expires_at: datetime
) -> None:
    """Write a new session."""
    await conn.execute(INSERT_SESSION, session.id, session.user.id, token_hash, now, expires_at)


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
    return Session(row["id"], user, ends), row["last_seen_at"]


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


async def update_attempt(conn: Connection, subject: bytes, attempts: int, now: datetime) -> None:
    """Note one more attempt."""
    await conn.execute(UPDATE_ATTEMPT, subject, attempts, now)


async def delete_attempt(conn: Connection, subject: bytes) -> None:
    """Forget the attempts: the right password was given."""
    await conn.execute(DELETE_ATTEMPT, subject)
