"""Pose a challenge."""

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from gateway.two_factor import queries
from gateway.two_factor.lifecycle import CHALLENGE_LIFE, CHALLENGE_PREFIX, Purpose
from gateway.two_factor.models import Challenge


async def pose_challenge(
    conn: Connection, user_id: UUID, purpose: Purpose, *, now: datetime
) -> tuple[str, Challenge]:
    """Ask a person to show something, for five minutes and five attempts.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whom.
        purpose: What for: an answer to one purpose is none to another.
        now: The clock's time.

    Returns:
        The token by which it is answered, which is stored nowhere, and the challenge.
    """
    token = CHALLENGE_PREFIX + secrets.token_urlsafe(32)
    challenge = Challenge(
        new_id(), user_id, purpose, secrets.token_bytes(32), 0, now + CHALLENGE_LIFE, None
    )
    await queries.insert_challenge(conn, challenge, digest_of(token), now)
    return token, challenge


def digest_of(token: str) -> bytes:
    """What is stored of a challenge's token."""
    return hashlib.sha256(token.encode()).digest()
