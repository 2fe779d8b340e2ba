"""Take a passkey away."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.errors import NotEnrolled
from gateway.two_factor.show import show_state
from gateway.two_factor.tell_change import tell_change


async def remove_passkey(
    conn: Connection, user_id: UUID, passkey_id: UUID, *, now: datetime
) -> None:
    """Forget a passkey; with the last second factor the recovery codes go, too.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose it must be.
        passkey_id: Which.
        now: The clock's time.

    Raises:
        NotEnrolled: The person has none with this id.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    await queries.lock_user(conn, user_id)
    before = await show_state(conn, user_id)
    if not await queries.delete_passkey(conn, user_id, passkey_id):
        raise NotEnrolled("see GET /v1/me/second-factor")
    if not (await show_state(conn, user_id)).methods:
        await queries.replace_codes(conn, user_id, (), now)
    await tell_change(conn, user_id, "passkey_removed", before, now=now)
