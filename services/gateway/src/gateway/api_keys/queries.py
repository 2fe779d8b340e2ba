"""Statements of keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from gateway.api_keys.models import Key, KeyView, RefreshState
from gateway.users.models import User

INSERT_KEY: Final = """
INSERT INTO api_key (id, user_id, name, token_hash, hint, scopes, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
COUNT_KEYS: Final = """
SELECT count(*) FROM api_key WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
"""
LOCK_OWNER: Final = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE"
SELECT_KEYS: Final = """
SELECT id, name, hint, scopes, created_at, expires_at, last_used_at, replaced_by
FROM api_key
WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2
ORDER BY id DESC LIMIT $3
"""
LOCK_KEY: Final = """
SELECT id, name, hint, scopes, created_at, expires_at, last_used_at, replaced_by
FROM api_key
WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL AND expires_at > $3
FOR UPDATE
"""
REPLACE_KEY: Final = "UPDATE api_key SET replaced_by = $2, expires_at = $3 WHERE id = $1"
REVOKE_KEYS: Final = """
UPDATE api_key SET revoked_at = $3
WHERE user_id = $1 AND ($2::uuid IS NULL OR id = $2) AND revoked_at IS NULL
RETURNING id, token_hash
"""
FIND_KEY: Final = """
SELECT
    k.id, k.scopes, k.expires_at, k.last_used_at,
    u.id AS user_id, u.display_name, u.community, u.roles, u.created_at
FROM api_key AS k
INNER JOIN users AS u ON u.id = k.user_id
WHERE
    k.token_hash = $1 AND k.revoked_at IS NULL AND k.expires_at > $2 AND u.leaving_at IS NULL
"""
NOTE_USE: Final = """
UPDATE api_key SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)
"""
INSERT_FAMILY: Final = """
INSERT INTO refresh_family (id, api_key_id, created_at, expires_at) VALUES ($1, $2, $3, $4)
"""
INSERT_REFRESH: Final = """
INSERT INTO refresh_token (token_hash, family_id, generation, created_at) VALUES ($1, $2, $3, $4)
"""
LOCK_REFRESH: Final = """
SELECT
    t.family_id, t.generation, t.used_at, f.expires_at AS family_expires_at,
    f.ended_at AS family_ended_at, k.id, k.scopes, k.last_used_at,
    CASE
        WHEN k.revoked_at IS NULL AND u.leaving_at IS NULL THEN k.expires_at
        ELSE k.created_at
    END AS key_expires_at,
    u.id AS user_id, u.display_name, u.community, u.roles, u.created_at
FROM refresh_token AS t
INNER JOIN refresh_family AS f ON f.id = t.family_id
INNER JOIN api_key AS k ON k.id = f.api_key_id
INNER JOIN users AS u ON u.id = k.user_id
WHERE t.token_hash = $1
"""
LOCK_FAMILY: Final = """
SELECT f.id FROM refresh_family AS f
INNER JOIN refresh_token AS t ON t.family_id = f.id
WHERE t.token_hash = $1
FOR UPDATE OF f
"""
USE_REFRESH: Final = "UPDATE refresh_token SET used_at = $2 WHERE token_hash = $1"
END_FAMILY: Final = """
UPDATE refresh_family SET ended_at = $2, ended_by = 'reuse' WHERE id = $1 AND ended_at IS NULL
"""
END_FAMILIES_OF_KEYS: Final = """
UPDATE refresh_family SET ended_at = $2, ended_by = 'key'
WHERE api_key_id = ANY($1::uuid []) AND ended_at IS NULL
RETURNING id
"""
DELETE_OLD_FAMILIES: Final = """
DELETE FROM refresh_family WHERE id IN (
    SELECT id FROM refresh_family WHERE expires_at < $1 ORDER BY expires_at LIMIT 1000
)
"""


async def insert_key(conn: Connection, user_id: UUID, key: KeyView, token_hash: bytes) -> None:
    """Write a key."""
    await conn.execute(
        INSERT_KEY,
        key.id,
        user_id,
        key.name,
        token_hash,
        key.hint,
        key.scopes,
        key.created_at,
        key.expires_at,
    )


async def count_keys(conn: Connection, user_id: UUID, now: datetime) -> int:
    """A person's open keys; the person is locked, so that the count stays."""
    await conn.execute(LOCK_OWNER, user_id)
    return await conn.fetchval(COUNT_KEYS, user_id, now) or 0


async def select_keys(conn: Connection, user_id: UUID, now: datetime, limit: int) -> list[KeyView]:
    """A person's open keys, the newest first."""
    return [KeyView(**dict(row)) for row in await conn.fetch(SELECT_KEYS, user_id, now, limit)]


async def lock_key(conn: Connection, key_id: UUID, user_id: UUID, now: datetime) -> KeyView | None:
    """An open key of this person, locked."""
    row = await conn.fetchrow(LOCK_KEY, key_id, user_id, now)
    return KeyView(**dict(row)) if row else None


async def replace_key(
    conn: Connection, key_id: UUID, successor: UUID, expires_at: datetime
) -> None:
    """Name a key's successor, and when it ends."""
    await conn.execute(REPLACE_KEY, key_id, successor, expires_at)


async def revoke_keys(
    conn: Connection, user_id: UUID, key_id: UUID | None, now: datetime
) -> dict[UUID, bytes]:
    """End a key of a person, or all of them; returns their hashes by id."""
    rows = await conn.fetch(REVOKE_KEYS, user_id, key_id, now)
    return {row["id"]: row["token_hash"] for row in rows}


async def find_open_key(conn: Connection, token_hash: bytes, now: datetime) -> Key | None:
    """The open key with this hash."""
    row = await conn.fetchrow(FIND_KEY, token_hash, now)
    return _key(row, row["expires_at"]) if row else None


async def note_use(conn: Connection, key_id: UUID, now: datetime) -> None:
    """Note that a key is used."""
    await conn.execute(NOTE_USE, key_id, now)


async def insert_family(
    conn: Connection, family_id: UUID, key_id: UUID, now: datetime, expires_at: datetime
) -> None:
    """Write a family of refresh tokens."""
    await conn.execute(INSERT_FAMILY, family_id, key_id, now, expires_at)


async def insert_refresh(
    conn: Connection, token_hash: bytes, family_id: UUID, generation: int, now: datetime
) -> None:
    """Write a refresh token."""
    await conn.execute(INSERT_REFRESH, token_hash, family_id, generation, now)


async def lock_refresh(conn: Connection, token_hash: bytes) -> RefreshState | None:
    """A refresh token, read after its family is locked."""
    await conn.execute(LOCK_FAMILY, token_hash)
    row = await conn.fetchrow(LOCK_REFRESH, token_hash)
    if row is None:
        return None
    return RefreshState(
        row["family_id"],
        row["generation"],
        row["used_at"],
        row["family_expires_at"],
        row["family_ended_at"],
        _key(row, row["key_expires_at"]),
    )


async def use_refresh(conn: Connection, token_hash: bytes, now: datetime) -> None:
    """A refresh token is good once."""
    await conn.execute(USE_REFRESH, token_hash, now)


async def end_family(conn: Connection, family_id: UUID, now: datetime) -> None:
    """End a family: somebody has shown a token that was used."""
    await conn.execute(END_FAMILY, family_id, now)


async def end_families_of_keys(conn: Connection, keys: Sequence[UUID], now: datetime) -> list[UUID]:
    """End the families of some keys; returns which."""
    return [row["id"] for row in await conn.fetch(END_FAMILIES_OF_KEYS, list(keys), now)]


async def delete_old_families(conn: Connection, before: datetime) -> None:
    """Forget families that are over, with their tokens, a bounded number."""
    await conn.execute(DELETE_OLD_FAMILIES, before)


def _key(row: Any, expires_at: datetime) -> Key:
    user = User(
        row["user_id"],
        row["display_name"],
        row["community"],
        tuple(row["roles"]),
        row["created_at"],
    )
    return Key(row["id"], user, frozenset(row["scopes"]), expires_at, row["last_used_at"])
