"""Open a session for a program."""

import hashlib
import secrets
from collections.abc import Set as AbstractSet
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from gateway.sessions import queries
from gateway.sessions.lifecycle import PROGRAM, TOKEN_PREFIX
from gateway.sessions.models import Session
from gateway.users.models import User


async def open_program_session(
    conn: Connection, user: User, scopes: AbstractSet[str], *, family_id: UUID, now: datetime
) -> tuple[str, Session]:
    """Open a session of a quarter of an hour, with a program's scopes.

    Args:
        conn: Open transaction; the caller commits.
        user: For whom the program works.
        scopes: What it may do.
        family_id: The family of refresh tokens with which it ends.
        now: The clock's time.

    Returns:
        The token, which is stored nowhere, and the session.
    """
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session = Session(new_id(), user, now + PROGRAM, scopes=frozenset(scopes))
    digest = hashlib.sha256(token.encode()).digest()
    await queries.insert_program_session(conn, session, digest, family_id, now)
    return token, session
