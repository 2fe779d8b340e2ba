"""Pose a challenge that is answered with a passkey."""

from datetime import datetime

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.errors import NotEnrolled
from gateway.two_factor.lifecycle import Purpose
from gateway.two_factor.models import ChallengeView, RelyingParty
from gateway.two_factor.passkeys import creation_options, request_options
from gateway.two_factor.pose import pose_challenge
from gateway.users.models import User


async def ask_passkey(
    conn: Connection, user: User, purpose: Purpose, *, party: RelyingParty, now: datetime
) -> ChallengeView:
    """Ask for a new passkey, or for one that is registered.

    Args:
        conn: Open transaction; the caller commits.
        user: Whom.
        purpose: `add-passkey` asks for a new one, anything else for one of the person's.
        party: Who we are to authenticators.
        now: The clock's time.

    Raises:
        NotEnrolled: The person has no passkey to show.
    """
    known = await queries.select_passkeys(conn, user.id)
    if not known and purpose != "add-passkey":
        raise NotEnrolled("add one with POST /v1/me/passkeys, or show something else")
    token, challenge = await pose_challenge(conn, user.id, purpose, now=now)
    if purpose == "add-passkey":
        options = creation_options(party, challenge.nonce, user, known)
    else:
        options = request_options(party, challenge.nonce, known)
    return ChallengeView(challenge=token, expires_at=challenge.expires_at, options=options)
