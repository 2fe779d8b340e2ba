"""Answer the challenge of a log-in."""

from datetime import datetime

from chassis.database import Database
from gateway.sessions.forgive import forgive
from gateway.sessions.models import Device, Session
from gateway.sessions.open import open_session
from gateway.two_factor import queries
from gateway.two_factor.ask_stay import ask_stay
from gateway.two_factor.attempt import attempt_challenge
from gateway.two_factor.check import check_proof
from gateway.two_factor.errors import WrongSecondFactor
from gateway.two_factor.models import RelyingParty, SecondFactorAnswer
from gateway.two_factor.note_refusals import note_refusals
from gateway.two_factor.sealing import Sealer


async def answer_challenge(
    database: Database,
    answer: SecondFactorAnswer,
    *,
    sealer: Sealer,
    party: RelyingParty,
    device: Device,
    now: datetime,
) -> tuple[str, Session]:
    """Open a session for whoever had the right password and now has the right second factor.

    Args:
        database: The verb opens its own transactions: a wrong answer stays counted.
        answer: The challenge and the proof.
        sealer: Opens TOTP secrets.
        party: Who we are to authenticators.
        device: Where the client calls from.
        now: The clock's time.

    Returns:
        The token, which is stored nowhere, and the session.

    Raises:
        TooManyAttempts: Too many were wrong for this person.
        WrongSecondFactor: The proof is wrong or was used, or the challenge is over.
        YouAreLeaving: It is right, and they have left: they are asked whether they stay.
    """
    challenge = await attempt_challenge(database, answer.challenge, "log-in", now=now)
    noting = note_refusals(database, challenge.user_id, answer, "log-in")
    async with noting, database.transaction() as conn:
        user = await queries.lock_user(conn, challenge.user_id)
        strength = await check_proof(
            conn,
            challenge.user_id,
            answer,
            sealer=sealer,
            party=party,
            nonce=challenge.nonce,
            now=now,
        )
        if not user or not strength or not await queries.use_challenge(conn, challenge.id, now):
            raise WrongSecondFactor("check it, and try again; a code is good once")
        await forgive(conn, f"second-factor\x1f{user.id}")
        leaving = await ask_stay(conn, user, now=now)
        if leaving is None:
            return await open_session(conn, user, strength=strength, device=device, now=now)
    raise leaving
