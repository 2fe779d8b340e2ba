"""Give a pair of tokens."""

import hashlib
import secrets
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.api_keys.lifecycle import REFRESH_PREFIX
from gateway.api_keys.models import ProgramSession
from gateway.sessions.open_program import open_program_session
from gateway.users.models import User


async def give_pair(
    conn: Connection,
    user: User,
    scopes: AbstractSet[str],
    *,
    family_id: UUID,
    ends_at: datetime,
    now: datetime,
) -> tuple[ProgramSession, bytes]:
    """Open a program's session, and make the token that will renew it.

    Args:
        conn: Open transaction; the caller commits.
        user: For whom the program works.
        scopes: What it may do.
        family_id: The family of the refresh token.
        ends_at: When the family ends.
        now: The clock's time.

    Returns:
        Both tokens, stored nowhere, and the hash of the refresh token for the caller to store.
    """
    token, session = await open_program_session(conn, user, scopes, family_id=family_id, now=now)
    refresh = REFRESH_PREFIX + secrets.token_urlsafe(32)
    pair = ProgramSession(
        token=token,
        expires_at=session.ends_at,
        refresh_token=refresh,
        refresh_expires_at=ends_at,
        scopes=sorted(scopes),
    )
    return pair, digest_of(refresh)


def digest_of(token: str) -> bytes:
    """What is stored of a refresh token."""
    return hashlib.sha256(token.encode()).digest()
