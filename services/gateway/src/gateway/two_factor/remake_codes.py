"""Make recovery codes anew."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.errors import NotEnrolled
from gateway.two_factor.make_codes import make_codes
from gateway.two_factor.show import show_state
from gateway.two_factor.tell_change import tell_change


async def remake_codes(conn: Connection, user_id: UUID, *, now: datetime) -> Sequence[str]:
    """Ten new recovery codes for a person with a second factor.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose.
        now: The clock's time.

    Raises:
        NotEnrolled: There is nothing that they would stand in for.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    await queries.lock_user(conn, user_id)
    before = await show_state(conn, user_id)
    if not before.methods:
        raise NotEnrolled("recovery codes stand in for an app or a passkey: enrol one first")
    codes = await make_codes(conn, user_id, now=now)
    await tell_change(conn, user_id, "recovery_codes_made", before, now=now)
    return codes
