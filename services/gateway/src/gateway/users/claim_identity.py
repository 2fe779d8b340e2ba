"""Claim an e-mail or phone that was shown to be one's own."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.gateway import SecurityChange, SecurityChanged
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

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    before = await queries.select_identities(conn, user_id)
    if not await queries.claim_identity(conn, user_id, identity, now):
        return False
    if all(known.identity != identity for known in before):
        change: SecurityChange = "email_changed" if identity.kind == "email" else "phone_changed"
        await emit(conn, SecurityChanged(user_id=user_id, change=change, changed_at=now))
    return True
