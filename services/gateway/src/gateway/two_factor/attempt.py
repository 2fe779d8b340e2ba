"""Attempt a challenge."""

from datetime import datetime
from uuid import UUID

from chassis.database import Database
from gateway.sessions.slow_down import slow_down
from gateway.two_factor import queries
from gateway.two_factor.errors import WrongSecondFactor
from gateway.two_factor.lifecycle import CHALLENGE_ATTEMPTS, SECOND, Purpose
from gateway.two_factor.models import Challenge
from gateway.two_factor.pose import digest_of


async def attempt_challenge(
    database: Database, token: str, purpose: Purpose, *, user_id: UUID | None = None, now: datetime
) -> Challenge:
    """Count an attempt at a challenge, before its outcome is known.

    Args:
        database: The verb opens its own transaction, so that the attempt stays counted.
        token: As the person was given it.
        purpose: What it must have been posed for.
        user_id: Whom it must have been posed to; anybody where it tells who is calling.
        now: The clock's time.

    Returns:
        The challenge.

    Raises:
        WrongSecondFactor: It is unknown, over, used, tried too often, or was posed to another.
        TooManyAttempts: Too many were wrong for this person.
    """
    async with database.transaction() as conn:
        challenge = await queries.try_challenge(
            conn, digest_of(token), purpose, now, CHALLENGE_ATTEMPTS
        )
        if challenge is not None and user_id in {None, challenge.user_id}:
            await slow_down(conn, f"second-factor\x1f{challenge.user_id}", SECOND, now=now)
            return challenge
    raise WrongSecondFactor("the challenge is unknown, over or used; begin again")
