"""Take an authenticator app away."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from contracts.gateway import SecurityChanged
from gateway.two_factor import queries
from gateway.two_factor.errors import NotEnrolled
from gateway.two_factor.show import show_state


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
    if not await queries.delete_totp(conn, user_id):
        raise NotEnrolled("there is nothing to take away")
    await emit(conn, SecurityChanged(user_id=user_id, change="app_removed", changed_at=now))
    if not (await show_state(conn, user_id)).methods:
        await queries.replace_codes(conn, user_id, (), now)
