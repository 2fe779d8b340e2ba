"""Confirm that one stays."""

from datetime import datetime

from chassis.database import Database
from gateway.sessions.forgive import forgive
from gateway.sessions.models import Device, Session
from gateway.sessions.open import open_session
from gateway.two_factor import queries
from gateway.two_factor.attempt import attempt_challenge
from gateway.two_factor.errors import WrongSecondFactor
from gateway.users.stay import stay


async def confirm_stay(
    database: Database, token: str, *, device: Device, now: datetime
) -> tuple[str, Session]:
    """Let a person stay who has logged in and confirms it, and open their session.

    They are as they were, but for what ended: other sessions, keys, and what they offered. The
    timer of their departure finds nobody who has left.

    Args:
        database: The verb opens its own transactions: an attempt stays counted.
        token: Of the challenge that their log-in was answered with.
        device: Where the client calls from.
        now: The clock's time.

    Returns:
        The token, which is stored nowhere, and the session.

    Raises:
        TooManyAttempts: Too many were wrong for this person.
        WrongSecondFactor: The challenge is unknown, over or used.
        NoSuchUser: They are erased, or stay already.

    Emits:
        UserChanged on `gateway.users.v1`, keyed by user.
    """
    challenge = await attempt_challenge(database, token, "stay", now=now)
    async with database.transaction() as conn:
        user = await stay(conn, challenge.user_id)
        if not await queries.use_challenge(conn, challenge.id, now):
            raise WrongSecondFactor("the challenge was used; log in again")
        await forgive(conn, f"second-factor\x1f{user.id}")
        # Each log-in begins with the password, and it was shown minutes ago.
        return await open_session(conn, user, strength="password", device=device, now=now)
