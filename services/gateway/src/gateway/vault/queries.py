"""Statements of the vault."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from chassis import context
from chassis.database import Connection
from gateway.vault.errors import FieldBarred
from gateway.vault.models import DataKey, FieldView, Reader, Rule, Sealed

SELECT_RULES: Final = "SELECT field, kind, sensitivity, readers FROM vault_rule ORDER BY field"
INSERT_KEY: Final = """
INSERT INTO vault_key (user_id, id, wrapping_key, wrapped, created_at, wrapped_at)
VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (user_id) DO NOTHING
"""
_KEY: Final = """
SELECT user_id, id, wrapping_key, wrapped, destroyed_at FROM vault_key WHERE user_id = $1
"""
SELECT_KEY: Final = _KEY
LOCK_KEY: Final = f"{_KEY} FOR UPDATE"
LOCK_OLD_KEYS: Final = """
SELECT user_id, id, wrapping_key, wrapped, destroyed_at FROM vault_key
WHERE wrapping_key <> $1 ORDER BY user_id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
UPDATE_WRAPPING: Final = """
UPDATE vault_key SET wrapping_key = $2, wrapped = $3, wrapped_at = $4 WHERE user_id = $1
"""
DESTROY_KEY: Final = """
UPDATE vault_key SET wrapping_key = NULL, wrapped = NULL, wrapped_at = NULL, destroyed_at = $2
WHERE user_id = $1
"""
COUNT_WRAPPINGS: Final = """
SELECT wrapping_key, count(*) AS keys FROM vault_key
WHERE wrapping_key IS NOT NULL GROUP BY wrapping_key ORDER BY wrapping_key
"""
UPSERT_FIELD: Final = """
INSERT INTO vault_field (user_id, field, algorithm, data_key_id, version, ciphertext, written_at)
VALUES ($1, $2, 'AES-256-GCM', $3, 1, $4, $5)
ON CONFLICT (user_id, field) DO UPDATE SET algorithm = 'AES-256-GCM', data_key_id = $3,
    version = vault_field.version + 1, ciphertext = $4, written_at = $5
RETURNING version
"""
DELETE_FIELD: Final = """
DELETE FROM vault_field WHERE user_id = $1 AND field = $2 RETURNING version
"""
DELETE_FIELDS: Final = "DELETE FROM vault_field WHERE user_id = $1"
SELECT_FIELDS: Final = """
SELECT f.field, r.kind, r.sensitivity, f.algorithm, f.version, f.written_at
FROM vault_field AS f INNER JOIN vault_rule AS r ON r.field = f.field
WHERE f.user_id = $1 AND ($2::text IS NULL OR f.field = $2) ORDER BY f.field
"""
OPEN_VAULT: Final = """
SELECT field, data_key_id, version, written_at, ciphertext
FROM open_vault($1, $2::text [], $3, $4::text [], $5, $6, $7, $8, $9)
"""


async def select_rules(conn: Connection) -> dict[str, Rule]:
    """What may be kept, by name."""
    rows = await conn.fetch(SELECT_RULES)
    return {
        row["field"]: Rule(row["field"], row["kind"], row["sensitivity"], frozenset(row["readers"]))
        for row in rows
    }


async def insert_key(conn: Connection, key: DataKey, now: datetime) -> None:
    """Write a person's key, unless they have one, whole or destroyed."""
    await conn.execute(INSERT_KEY, key.user_id, key.id, key.wrapping_key, key.wrapped, now)


async def select_key(conn: Connection, user_id: UUID, *, lock: bool = False) -> DataKey | None:
    """A person's key, as it is stored."""
    row = await conn.fetchrow(LOCK_KEY if lock else SELECT_KEY, user_id)
    return DataKey(*row) if row else None


async def lock_old_keys(conn: Connection, current: str, limit: int) -> Sequence[DataKey]:
    """Keys that another key than the current one wraps, locked; those others hold are left out."""
    return [DataKey(*row) for row in await conn.fetch(LOCK_OLD_KEYS, current, limit)]


async def update_wrapping(
    conn: Connection, user_id: UUID, name: str, wrapped: bytes, now: datetime
) -> None:
    """Write a key as it is wrapped now."""
    await conn.execute(UPDATE_WRAPPING, user_id, name, wrapped, now)


async def count_wrappings(conn: Connection) -> dict[str, int]:
    """How many keys each wrapping key wraps."""
    return {row["wrapping_key"]: row["keys"] for row in await conn.fetch(COUNT_WRAPPINGS)}


async def destroy_key(conn: Connection, user_id: UUID, now: datetime) -> None:
    """Destroy a person's key, and delete what it encrypted."""
    await conn.execute(DELETE_FIELDS, user_id)
    await conn.execute(DESTROY_KEY, user_id, now)


async def upsert_field(
    conn: Connection, key: DataKey, field: str, ciphertext: bytes, now: datetime
) -> int:
    """Write a field; its version."""
    version: int = await conn.fetchval(UPSERT_FIELD, key.user_id, field, key.id, ciphertext, now)
    return version


async def delete_field(conn: Connection, user_id: UUID, field: str) -> int | None:
    """Delete a field; its version, nothing when it was not there."""
    version: int | None = await conn.fetchval(DELETE_FIELD, user_id, field)
    return version


async def select_fields(
    conn: Connection, user_id: UUID, field: str | None = None
) -> list[FieldView]:
    """What is kept of a person, without what is in it."""
    rows = await conn.fetch(SELECT_FIELDS, user_id, field)
    return [FieldView.model_validate(dict(row)) for row in rows]


async def open_vault(
    conn: Connection, user_id: UUID, fields: Sequence[str], reader: Reader
) -> list[Sealed]:
    """What is encrypted; a look at another person's is written down by the same call.

    Raises:
        FieldBarred: The rules do not let the reader.
    """
    origin = context.origin.get()
    try:
        rows = await conn.fetch(
            OPEN_VAULT,
            user_id,
            list(fields),
            reader.user_id,
            list(reader.roles),
            reader.reason,
            origin.address,
            origin.agent,
            origin.session_id,
            context.correlation_id.get(),
        )
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "vault_rule_reader":
            raise FieldBarred(str(error)) from error
        raise
    return [Sealed(*row) for row in rows]
