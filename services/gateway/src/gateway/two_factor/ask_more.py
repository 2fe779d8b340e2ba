"""Ask a person with a second factor for it."""

from datetime import datetime

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.ask_stay import ask_stay
from gateway.two_factor.errors import SecondFactorNeeded, YouAreLeaving
from gateway.two_factor.lifecycle import methods_of
from gateway.two_factor.models import RelyingParty
from gateway.two_factor.passkeys import request_options
from gateway.two_factor.pose import pose_challenge
from gateway.users.models import User


async def ask_more(
    conn: Connection, user: User, *, party: RelyingParty, now: datetime
) -> SecondFactorNeeded | YouAreLeaving | None:
    """What is asked of this person after the right password.

    Args:
        conn: Open transaction; the caller commits: the challenge must be there to be answered.
        user: Who.
        party: Who we are to authenticators.
        now: The clock's time.

    Returns:
        The problem that carries the challenge: for a second factor, else for whoever has left
        whether they stay; nothing when the password is enough.
    """
    totp = await queries.select_totp(conn, user.id)
    passkeys = await queries.select_passkeys(conn, user.id)
    methods = methods_of(
        totp=totp is not None and totp.confirmed_at is not None,
        passkeys=len(passkeys),
        codes=await queries.count_codes(conn, user.id),
    )
    if not methods:
        return await ask_stay(conn, user, now=now)
    token, challenge = await pose_challenge(conn, user.id, "log-in", now=now)
    options = request_options(party, challenge.nonce, passkeys) if passkeys else None
    return SecondFactorNeeded(
        f"answer the challenge at POST /v1/sessions/second-factor with one of "
        f"{', '.join(methods)}, within 5 minutes",
        challenge=token,
        expires_at=challenge.expires_at,
        methods=methods,
        passkey_options=options,
    )
