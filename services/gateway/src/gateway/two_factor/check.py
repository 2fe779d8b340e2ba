"""Check a second factor."""

import hashlib
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.sessions.lifecycle import Strength
from gateway.two_factor import queries
from gateway.two_factor.errors import PasskeyRefused
from gateway.two_factor.lifecycle import match_step, read_recovery_code
from gateway.two_factor.models import Credential, Proof, RelyingParty
from gateway.two_factor.passkeys import id_of, read_use
from gateway.two_factor.sealing import Sealer


async def check_proof(
    conn: Connection,
    user_id: UUID,
    proof: Proof,
    *,
    sealer: Sealer,
    party: RelyingParty,
    nonce: bytes | None,
    now: datetime,
) -> Strength | None:
    """Whether a proof is right; it is used up with it.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose proof it must be.
        proof: A TOTP code, a recovery code or what an authenticator answered.
        sealer: Opens TOTP secrets.
        party: Who we are to authenticators.
        nonce: What the authenticator had to sign; nothing where none was asked.
        now: The clock's time.

    Returns:
        How the person has shown who they are; nothing when the proof is wrong or was used.
    """
    if proof.code is not None:
        return await _totp(conn, user_id, proof.code, sealer, now)
    if proof.recovery_code is not None:
        code_hash = hash_code(user_id, proof.recovery_code)
        used = await queries.use_code(conn, user_id, code_hash, now)
        return "recovery_code" if used else None
    if proof.passkey is not None and nonce is not None:
        return await _passkey(conn, user_id, proof.passkey, party, nonce, now)
    return None


def hash_code(user_id: UUID, code: str) -> bytes:
    """What is stored of a recovery code: it has 80 random bits, so that a quick hash is enough."""
    return hashlib.sha256(user_id.bytes + read_recovery_code(code).encode()).digest()


async def _totp(
    conn: Connection, user_id: UUID, code: str, sealer: Sealer, now: datetime
) -> Strength | None:
    kept = await queries.select_totp(conn, user_id, lock=True)
    if kept is None or kept.confirmed_at is None:
        return None
    secret = sealer.open(kept.sealed, kept.key_id, user_id)
    step = match_step(secret, code, now, kept.last_step)
    if step is None or not await queries.use_step(conn, user_id, step):
        return None
    return "totp"


async def _passkey(
    conn: Connection,
    user_id: UUID,
    credential: Credential,
    party: RelyingParty,
    nonce: bytes,
    now: datetime,
) -> Strength | None:
    passkey = await queries.lock_passkey(conn, user_id, id_of(credential))
    if passkey is None:
        return None
    try:
        sign_count, backed_up = read_use(party, nonce, credential, passkey)
    except PasskeyRefused:
        return None
    await queries.use_passkey(conn, passkey.id, sign_count, now, backed_up=backed_up)
    return "passkey"
