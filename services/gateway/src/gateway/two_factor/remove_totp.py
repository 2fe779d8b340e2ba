"""Take an authenticator app away."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.errors import NotEnrolled
from gateway.two_factor.show import show_state
from gateway.two_factor.tell_change import tell_change


async def remove_totp(conn: Connection, user_id: UUID, *, now: datetime) -> None:
    """Forget the secret; with the last second factor the recovery codes go, too.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose.
        now: The clock's time.

    Raises:
        NotEnrolled: There is none.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    await queries.lock_user(conn, user_id)
    before = await show_state(conn, user_id)
    if not await queries.delete_totp(conn, user_id):
        raise NotEnrolled("there is nothing to take away")
    if not (await show_state(conn, user_id)).methods:
        await queries.replace_codes(conn, user_id, (), now)
    await tell_change(conn, user_id, "app_removed", before, now=now)
