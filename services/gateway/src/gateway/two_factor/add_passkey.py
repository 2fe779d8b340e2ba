"""Add a passkey."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.errors import AlreadyEnrolled, TooManyPasskeys, WrongSecondFactor
from gateway.two_factor.lifecycle import PASSKEYS_MAX
from gateway.two_factor.make_codes import make_codes
from gateway.two_factor.models import Challenge, NewPasskey, PasskeyView, RelyingParty
from gateway.two_factor.passkeys import read_new
from gateway.two_factor.show import show_state
from gateway.two_factor.tell_change import tell_change


async def add_passkey(
    conn: Connection,
    challenge: Challenge,
    wanted: NewPasskey,
    *,
    party: RelyingParty,
    now: datetime,
) -> Sequence[str]:
    """Register what an authenticator made for this challenge.

    Args:
        conn: Open transaction; the caller commits, and renews the session.
        challenge: The one that was posed to the person.
        wanted: Its name, and what the authenticator answered.
        party: Who we are to authenticators.
        now: The clock's time.

    Returns:
        Recovery codes, if the person had none.

    Raises:
        PasskeyRefused: The answer does not fit, or nobody was verified.
        WrongSecondFactor: The challenge was used meanwhile.
        AlreadyEnrolled: The passkey is registered.
        TooManyPasskeys: The person has 20.

    Emits:
        SecurityChanged on `gateway.security.v1`, keyed by user.
    """
    user_id = challenge.user_id
    await queries.lock_user(conn, user_id)
    before = await show_state(conn, user_id)

    def view(passkey_id: UUID, backed_up: bool) -> PasskeyView:  # noqa: FBT001 - two facts, in order
        return PasskeyView(
            id=passkey_id,
            name=wanted.name,
            backed_up=backed_up,
            created_at=now,
            last_used_at=None,
        )

    passkey = read_new(party, challenge.nonce, wanted.credential, view)
    if not await queries.use_challenge(conn, challenge.id, now):
        raise WrongSecondFactor("the challenge was used; begin again")
    if len(before.passkeys) >= PASSKEYS_MAX:
        raise TooManyPasskeys(f"you have {PASSKEYS_MAX}; take one away first")
    if not await queries.insert_passkey(conn, user_id, passkey, now):
        raise AlreadyEnrolled("this passkey is registered")
    codes: Sequence[str] = ()
    if not await queries.count_codes(conn, user_id):
        codes = await make_codes(conn, user_id, now=now)
    await tell_change(conn, user_id, "passkey_added", before, now=now)
    return codes
