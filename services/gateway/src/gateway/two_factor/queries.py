"""Statements of second factors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from gateway.two_factor.models import Challenge, Passkey, PasskeyView, Secret
from gateway.users.models import User

LOCK_USER: Final = """
SELECT id, display_name, community, roles, created_at FROM users
WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE
"""
UPSERT_TOTP: Final = """
INSERT INTO totp (user_id, sealed, key_id, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (user_id) DO UPDATE SET sealed = $2, key_id = $3, created_at = $4
WHERE totp.confirmed_at IS NULL
"""
SELECT_TOTP: Final = "SELECT sealed, key_id, confirmed_at, last_step FROM totp WHERE user_id = $1"
LOCK_TOTP: Final = """
SELECT sealed, key_id, confirmed_at, last_step FROM totp WHERE user_id = $1 FOR UPDATE
"""
CONFIRM_TOTP: Final = "UPDATE totp SET confirmed_at = $2, last_step = $3 WHERE user_id = $1"
USE_STEP: Final = "UPDATE totp SET last_step = $2 WHERE user_id = $1 AND last_step < $2"
DELETE_TOTP: Final = "DELETE FROM totp WHERE user_id = $1"
INSERT_CODES: Final = """
INSERT INTO recovery_code (user_id, code_hash, created_at)
SELECT $1, code_hash, $3 FROM unnest($2::bytea []) AS new (code_hash)
"""
DELETE_CODES: Final = "DELETE FROM recovery_code WHERE user_id = $1"
COUNT_CODES: Final = "SELECT count(*) FROM recovery_code WHERE user_id = $1 AND used_at IS NULL"
USE_CODE: Final = """
UPDATE recovery_code SET used_at = $3
WHERE user_id = $1 AND code_hash = $2 AND used_at IS NULL
"""
INSERT_PASSKEY: Final = """
INSERT INTO passkey (
    credential_id, id, user_id, public_key, sign_count, name, backed_up, created_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
"""
SELECT_PASSKEYS: Final = """
SELECT id, credential_id, public_key, sign_count, name, backed_up, created_at, last_used_at
FROM passkey WHERE user_id = $1 ORDER BY id
"""
LOCK_PASSKEY: Final = """
SELECT id, credential_id, public_key, sign_count, name, backed_up, created_at, last_used_at
FROM passkey WHERE user_id = $1 AND credential_id = $2 FOR UPDATE
"""
USE_PASSKEY: Final = """
UPDATE passkey SET sign_count = $2, backed_up = $3, last_used_at = $4 WHERE id = $1
"""
DELETE_PASSKEY: Final = "DELETE FROM passkey WHERE user_id = $1 AND id = $2"
INSERT_CHALLENGE: Final = """
INSERT INTO challenge (id, token_hash, user_id, purpose, nonce, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
TRY_CHALLENGE: Final = """
UPDATE challenge SET attempts = attempts + 1
WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 AND attempts < $4
RETURNING id, user_id, purpose, nonce, attempts, expires_at, used_at
"""
USE_CHALLENGE: Final = "UPDATE challenge SET used_at = $2 WHERE id = $1 AND used_at IS NULL"
DELETE_OLD_CHALLENGES: Final = """
DELETE FROM challenge WHERE id IN (
    SELECT id FROM challenge WHERE expires_at < $1 ORDER BY expires_at LIMIT 5000
)
"""


async def lock_user(conn: Connection, user_id: UUID) -> User | None:
    """The person, locked, so that changes of second factors come one after the other."""
    row = await conn.fetchrow(LOCK_USER, user_id)
    if row is None:
        return None
    return User(
        row["id"], row["display_name"], row["community"], tuple(row["roles"]), row["created_at"]
    )


async def upsert_totp(
    conn: Connection, user_id: UUID, sealed: bytes, key_id: str, now: datetime
) -> bool:
    """Keep a new secret; False when a confirmed one is there."""
    return _one(await conn.execute(UPSERT_TOTP, user_id, sealed, key_id, now))


async def select_totp(conn: Connection, user_id: UUID, *, lock: bool = False) -> Secret | None:
    """A person's secret, as it is stored."""
    row = await conn.fetchrow(LOCK_TOTP if lock else SELECT_TOTP, user_id)
    if row is None:
        return None
    return Secret(row["sealed"], row["key_id"], row["confirmed_at"], row["last_step"])


async def confirm_totp(conn: Connection, user_id: UUID, step: int, now: datetime) -> None:
    """The secret counts from now on."""
    await conn.execute(CONFIRM_TOTP, user_id, now, step)


async def use_step(conn: Connection, user_id: UUID, step: int) -> bool:
    """Use a step's code; False when it or a later one was used."""
    return _one(await conn.execute(USE_STEP, user_id, step))


async def delete_totp(conn: Connection, user_id: UUID) -> bool:
    """Forget the secret; False when there is none."""
    return _one(await conn.execute(DELETE_TOTP, user_id))


async def replace_codes(
    conn: Connection, user_id: UUID, hashes: Sequence[bytes], now: datetime
) -> None:
    """Other recovery codes in place of all there were; none forgets them."""
    await conn.execute(DELETE_CODES, user_id)
    if hashes:
        await conn.execute(INSERT_CODES, user_id, list(hashes), now)


async def count_codes(conn: Connection, user_id: UUID) -> int:
    """Recovery codes that were not used."""
    return await conn.fetchval(COUNT_CODES, user_id) or 0


async def use_code(conn: Connection, user_id: UUID, code_hash: bytes, now: datetime) -> bool:
    """Use a recovery code; False when it is none, or was used."""
    return _one(await conn.execute(USE_CODE, user_id, code_hash, now))


async def insert_passkey(conn: Connection, user_id: UUID, passkey: Passkey, now: datetime) -> bool:
    """Write a passkey; False when it is registered, to whomever."""
    return _one(
        await conn.execute(
            INSERT_PASSKEY,
            passkey.credential_id,
            passkey.id,
            user_id,
            passkey.public_key,
            passkey.sign_count,
            passkey.view.name,
            passkey.view.backed_up,
            now,
        )
    )


async def select_passkeys(conn: Connection, user_id: UUID) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    return [_passkey(row) for row in await conn.fetch(SELECT_PASSKEYS, user_id)]


async def lock_passkey(conn: Connection, user_id: UUID, credential_id: bytes) -> Passkey | None:
    """A passkey of this person, locked."""
    row = await conn.fetchrow(LOCK_PASSKEY, user_id, credential_id)
    return _passkey(row) if row else None


async def use_passkey(
    conn: Connection, passkey_id: UUID, sign_count: int, now: datetime, *, backed_up: bool
) -> None:
    """Note what the authenticator counts."""
    await conn.execute(USE_PASSKEY, passkey_id, sign_count, backed_up, now)


async def delete_passkey(conn: Connection, user_id: UUID, passkey_id: UUID) -> bool:
    """Forget a passkey; False when the person has none with this id."""
    return _one(await conn.execute(DELETE_PASSKEY, user_id, passkey_id))


async def insert_challenge(
    conn: Connection, challenge: Challenge, token_hash: bytes, now: datetime
) -> None:
    """Write a challenge."""
    await conn.execute(
        INSERT_CHALLENGE,
        challenge.id,
        token_hash,
        challenge.user_id,
        challenge.purpose,
        challenge.nonce,
        now,
        challenge.expires_at,
    )


async def try_challenge(
    conn: Connection, token_hash: bytes, purpose: str, now: datetime, attempts_max: int
) -> Challenge | None:
    """Count an attempt at a challenge; nothing when it is unknown, over or tried too often."""
    row = await conn.fetchrow(TRY_CHALLENGE, token_hash, purpose, now, attempts_max)
    return Challenge(**dict(row)) if row else None


async def use_challenge(conn: Connection, challenge_id: UUID, now: datetime) -> bool:
    """Use a challenge; False when another request did."""
    return _one(await conn.execute(USE_CHALLENGE, challenge_id, now))


async def delete_old_challenges(conn: Connection, before: datetime) -> None:
    """Forget challenges that are over, a bounded number."""
    await conn.execute(DELETE_OLD_CHALLENGES, before)


def _passkey(row: Any) -> Passkey:
    view = PasskeyView(
        id=row["id"],
        name=row["name"],
        backed_up=row["backed_up"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
    )
    return Passkey(row["id"], row["credential_id"], row["public_key"], row["sign_count"], view)


def _one(done: str) -> bool:
    return done.endswith(" 1")
