"""Ask a person who has left whether they stay."""

from datetime import datetime

from chassis.database import Connection
from gateway.two_factor.errors import YouAreLeaving
from gateway.two_factor.pose import pose_challenge
from gateway.users.find_leaver import find_leaver
from gateway.users.models import User


async def ask_stay(conn: Connection, user: User, *, now: datetime) -> YouAreLeaving | None:
    """What is asked of a person in their grace period who has shown who they are.

    Logging in alone takes nothing back: somebody may only want to know when it is.

    Args:
        conn: Open transaction; the caller commits: the challenge must be there to be confirmed.
        user: Who.
        now: The clock's time.

    Returns:
        The problem that carries the challenge; nothing for whoever has not left.
    """
    leaver = await find_leaver(conn, user.id)
    if leaver is None:
        return None
    token, challenge = await pose_challenge(conn, user.id, "stay", now=now)
    return YouAreLeaving(
        f"what is kept of you is erased at {leaver.erase_at.isoformat()}; to stay, send the "
        f"challenge to POST /v1/sessions/stay within 5 minutes, which logs you in",
        erase_at=leaver.erase_at,
        challenge=token,
        expires_at=challenge.expires_at,
    )
