"""Confirm an authenticator app."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.errors import AlreadyEnrolled, NotEnrolled, WrongSecondFactor
from gateway.two_factor.lifecycle import match_step
from gateway.two_factor.make_codes import make_codes
from gateway.two_factor.sealing import Sealer
from gateway.two_factor.show import show_state
from gateway.two_factor.tell_change import tell_change


async def confirm_totp(
    conn: Connection, user_id: UUID, code: str, *, sealer: Sealer, now: datetime
) -> Sequence[str]:
    """Let a secret count from now on, for whoever gives a code of it.

    Of several that are sent at once one wins: the person is locked.

    Args:
        conn: Open transaction; the caller commits, and renews the session.
        user_id: Whose.
        code: Six digits.
        sealer: Opens the secret.
        now: The clock's time.

    Returns:
        Recovery codes, if the person had none.

    Raises:
        NotEnrolled: No secret was made.
        AlreadyEnrolled: It counts already.
        WrongSecondFactor: The code is not of this secret and time.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    await queries.lock_user(conn, user_id)
    kept = await queries.select_totp(conn, user_id, lock=True)
    if kept is None:
        raise NotEnrolled("begin with POST /v1/me/second-factor/totp")
    if kept.confirmed_at is not None:
        raise AlreadyEnrolled("it was confirmed before")
    step = match_step(sealer.open(kept.sealed, kept.key_id, user_id), code, now, None)
    if step is None:
        raise WrongSecondFactor("check the app's clock, and give its newest code")
    before = await show_state(conn, user_id)
    await queries.confirm_totp(conn, user_id, step, now)
    codes: Sequence[str] = ()
    if not await queries.count_codes(conn, user_id):
        codes = await make_codes(conn, user_id, now=now)
    await tell_change(conn, user_id, "app_added", before, now=now)
    return codes
