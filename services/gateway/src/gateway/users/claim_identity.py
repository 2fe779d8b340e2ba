"""Claim an e-mail or phone that was shown to be one's own."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.users import queries
from gateway.users.models import Identity


async def claim_identity(
    conn: Connection, user_id: UUID, identity: Identity, *, now: datetime
) -> bool:
    """Let a person log in with this, in place of what they had of its kind.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Who has shown that it is theirs.
        identity: Normalised.
        now: The clock's time.

    Returns:
        Whether it is theirs now; False when somebody else logs in with it.
    """
    return await queries.claim_identity(conn, user_id, identity, now)
