"""Strengthen a session."""

from datetime import datetime

from chassis.database import Database
from chassis.problems import Malformed, Unauthenticated
from gateway.sessions.forgive import forgive
from gateway.sessions.lifecycle import Strength
from gateway.sessions.models import Device, Session
from gateway.sessions.renew import renew_session
from gateway.sessions.slow_down import slow_down
from gateway.two_factor import queries
from gateway.two_factor.attempt import attempt_challenge
from gateway.two_factor.check import check_proof
from gateway.two_factor.errors import WrongSecondFactor
from gateway.two_factor.lifecycle import SECOND
from gateway.two_factor.models import Challenge, RelyingParty, StepUp
from gateway.two_factor.note_refusals import note_refusals
from gateway.two_factor.sealing import Sealer
from gateway.two_factor.show import show_state
from gateway.users.confirm_password import confirm_password
from gateway.users.passwords import Passwords


async def step_up(  # noqa: PLR0913 - what it works with, and what it is asked
    database: Database,
    session: Session,
    shown: StepUp,
    *,
    passwords: Passwords,
    sealer: Sealer,
    party: RelyingParty,
    device: Device,
    now: datetime,
) -> tuple[str, Session, bytes | None]:
    """Renew a session for whoever shows again who they are.

    The old token ends with it, so that whoever has seen it does not become stronger, too. A
    password is enough only for a person who has no second factor.

    Args:
        database: The verb opens its own transactions: a wrong proof stays counted.
        session: The one to renew.
        shown: A password, or a second factor.
        passwords: The hasher.
        sealer: Opens TOTP secrets.
        party: Who we are to authenticators.
        device: Where the client calls from.
        now: The clock's time.

    Returns:
        The new token, the new session, and the hash of the old token for the cache.

    Raises:
        TooManyAttempts: Too many were wrong for this person.
        WrongSecondFactor: The proof is wrong, was used, or is a password and that is not enough.
        Malformed: A passkey without the challenge that it answers.
        Unauthenticated: The session ended meanwhile.
    """
    challenge = await _count(database, session, shown, now)
    right = shown.password is None or await confirm_password(
        database, passwords, session.user.id, shown.password.get_secret_value()
    )
    noting = note_refusals(database, session.user.id, shown, "step-up")
    async with noting, database.transaction() as conn:
        await queries.lock_user(conn, session.user.id)
        strength: Strength | None = None
        if shown.password is not None:
            state = await show_state(conn, session.user.id)
            strength = "password" if right and not state.methods else None
        else:
            strength = await check_proof(
                conn,
                session.user.id,
                shown,
                sealer=sealer,
                party=party,
                nonce=challenge.nonce if challenge else None,
                now=now,
            )
        if strength is None or (
            challenge and not await queries.use_challenge(conn, challenge.id, now)
        ):
            raise WrongSecondFactor(
                "check it, and try again; a code is good once, and a password is enough only "
                "without a second factor"
            )
        await forgive(conn, f"second-factor\x1f{session.user.id}")
        renewed = await renew_session(conn, session, strength=strength, device=device, now=now)
        if renewed[2] is None:
            raise Unauthenticated("the session ended meanwhile; log in again")
        return renewed


async def _count(
    database: Database, session: Session, shown: StepUp, now: datetime
) -> Challenge | None:
    """Count the attempt; the challenge that a passkey answers."""
    if shown.passkey is not None:
        if shown.challenge is None:
            message = "a passkey comes with the challenge of POST /v1/sessions/current/challenge"
            raise Malformed(
                f"check challenge: {message}",
                errors=[{"field": "challenge", "rule": "required", "message": message}],
            )
        return await attempt_challenge(
            database, shown.challenge, "step-up", user_id=session.user.id, now=now
        )
    async with database.transaction() as conn:
        await slow_down(conn, f"second-factor\x1f{session.user.id}", SECOND, now=now)
    return None
