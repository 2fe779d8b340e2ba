"""Claim an e-mail or phone that was shown to be one's own."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
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
    known = await queries.select_identities(conn, user_id)
    before = next((one for one in known if one.identity.kind == identity.kind), None)
    if not await queries.claim_identity(conn, user_id, identity, now):
        return False
    is_other = before is None or before.identity != identity
    if before is None or is_other or before.verified_at is None:
        # Neither of the two, nor a hash that could be guessed.
        told = {"kind": identity.kind, "verified_at": now}
        had = {"kind": identity.kind, "verified_at": before.verified_at} if before else None
        what = "identity.changed" if is_other else "identity.verified"
        act = Act(what, "user", str(user_id), by=user_id, before=had, after=told)
        await record_acts(conn, act)
    if is_other:
        change: SecurityChange = "email_changed" if identity.kind == "email" else "phone_changed"
        await emit(conn, SecurityChanged(user_id=user_id, change=change, changed_at=now))
    return True
