"""Second factors: to enrol them, to log in with them, and to strengthen a session.

No answer here is kept for a repeat: tokens, secrets and codes would have to be stored with it. What
is repeated is refused, or makes something new and ends what was before.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from chassis.access import ANYONE
from chassis.database import Connection
from chassis.problems import Unauthenticated
from chassis.resources import Now, OpenDatabase, OpenResources, Resources
from gateway.sessions.access import Fresh, FromDevice, LoggedIn
from gateway.sessions.end_all import end_sessions
from gateway.sessions.lifecycle import Strength
from gateway.sessions.models import Device, Session, SessionView
from gateway.sessions.renew import renew_session
from gateway.two_factor.add_passkey import add_passkey
from gateway.two_factor.answer import answer_challenge
from gateway.two_factor.ask_passkey import ask_passkey
from gateway.two_factor.attempt import attempt_challenge
from gateway.two_factor.begin_totp import begin_totp
from gateway.two_factor.confirm_stay import confirm_stay
from gateway.two_factor.confirm_totp import confirm_totp
from gateway.two_factor.models import (
    ChallengeView,
    Enrolled,
    NewPasskey,
    RecoveryCodes,
    SecondFactorAnswer,
    SecondFactorState,
    StayWish,
    StepUp,
    TotpConfirmation,
    TotpView,
)
from gateway.two_factor.remake_codes import remake_codes
from gateway.two_factor.remove_passkey import remove_passkey
from gateway.two_factor.remove_totp import remove_totp
from gateway.two_factor.show import show_state
from gateway.two_factor.step_up import step_up


async def _unstored(response: Response) -> None:
    response.headers["Cache-Control"] = "no-store"


router = APIRouter(tags=["second factor"], dependencies=[Depends(_unstored)])


@router.post("/sessions/second-factor", status_code=201, dependencies=[ANYONE])
async def open_session_with_second_factor(
    answer: SecondFactorAnswer,
    device: FromDevice,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> SessionView:
    """Log in: answer the challenge of `second-factor-needed`.

    This POST takes no Idempotency-Key: to repeat the answer, the token would have to be stored. A
    challenge is answered once.
    """
    token, session = await answer_challenge(
        database,
        answer,
        sealer=resources.extra["sealer"],
        party=resources.extra["relying_party"],
        device=device,
        now=now,
    )
    return session.view(token)


@router.post("/sessions/stay", status_code=201, dependencies=[ANYONE])
async def stay(
    wish: StayWish,
    device: FromDevice,
    database: OpenDatabase,
    now: Now,
) -> SessionView:
    """Stay after all: confirm the challenge of `you-are-leaving`, and be logged in.

    You are as you were, but for what ended: other sessions, API keys, and what you offered, which
    you can offer again.

    This POST takes no Idempotency-Key: to repeat the answer, the token would have to be stored.
    """
    token, session = await confirm_stay(database, wish.challenge, device=device, now=now)
    return session.view(token)


@router.post("/sessions/current/challenge", status_code=201)
async def pose(
    session: LoggedIn, database: OpenDatabase, resources: OpenResources, now: Now
) -> ChallengeView:
    """A challenge for one of your passkeys, to step up with.

    This POST takes no Idempotency-Key: a challenge is good once; repeating it poses another.
    """
    async with database.transaction() as conn:
        return await ask_passkey(
            conn, session.user, "step-up", party=resources.extra["relying_party"], now=now
        )


@router.post("/sessions/current/step-up", status_code=201)
async def strengthen(
    shown: StepUp,
    session: LoggedIn,
    device: FromDevice,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> SessionView:
    """Show again that it is you. The answer has a new token; the old one is worth nothing.

    This POST takes no Idempotency-Key: to repeat the answer, the token would have to be stored.
    Repeating it is refused: that session has ended.
    """
    token, renewed, ended = await step_up(
        database,
        session,
        shown,
        passwords=resources.extra["passwords"],
        sealer=resources.extra["sealer"],
        party=resources.extra["relying_party"],
        device=device,
        now=now,
    )
    await _forget(resources, [ended] if ended else [])
    return renewed.view(token)


@router.get("/me/second-factor")
async def state(session: LoggedIn, database: OpenDatabase) -> SecondFactorState:
    """What you can show besides your password."""
    async with database.connection() as conn:
        return await show_state(conn, session.user.id)


@router.post("/me/second-factor/totp", status_code=201)
async def begin(
    session: Fresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> TotpView:
    """A secret for an authenticator app. It counts when you confirm it with a code.

    This POST takes no Idempotency-Key: to repeat the answer, the secret would have to be stored.
    Repeating it makes another secret, and the one before counts for nothing.
    """
    async with database.transaction() as conn:
        return await begin_totp(conn, session.user, sealer=resources.extra["sealer"], now=now)


@router.post("/me/second-factor/totp/confirm", status_code=201)
async def confirm(
    confirmation: TotpConfirmation,
    session: Fresh,
    device: FromDevice,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> Enrolled:
    """Confirm the app by a code. All your sessions end; the answer has a new one.

    This POST takes no Idempotency-Key: to repeat the answer, codes and token would have to be
    stored. Repeating it is refused: that session has ended.
    """
    async with database.transaction() as conn:
        codes = await confirm_totp(
            conn, session.user.id, confirmation.code, sealer=resources.extra["sealer"], now=now
        )
        enrolled, ended = await _begin_anew(conn, session, "totp", device, codes, now)
    await _forget(resources, ended)
    return enrolled


@router.delete("/me/second-factor/totp", status_code=204)
async def remove(
    session: Fresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> None:
    """Take the authenticator app away. Your other sessions end."""
    async with database.transaction() as conn:
        await remove_totp(conn, session.user.id, now=now)
        ended = await end_sessions(conn, session.user.id, kept=session.id, now=now)
    await _forget(resources, ended)


@router.post("/me/second-factor/recovery-codes", status_code=201)
async def renew_codes(session: Fresh, database: OpenDatabase, now: Now) -> RecoveryCodes:
    """Ten new recovery codes; those before are worth nothing.

    This POST takes no Idempotency-Key: to repeat the answer, the codes would have to be stored.
    Repeating it makes other codes.
    """
    async with database.transaction() as conn:
        codes = await remake_codes(conn, session.user.id, now=now)
    return RecoveryCodes(recovery_codes=list(codes))


@router.post("/me/passkeys/challenge", status_code=201)
async def begin_passkey(
    session: Fresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> ChallengeView:
    """A challenge for an authenticator to make a passkey.

    This POST takes no Idempotency-Key: a challenge is good once; repeating it poses another.
    """
    async with database.transaction() as conn:
        return await ask_passkey(
            conn, session.user, "add-passkey", party=resources.extra["relying_party"], now=now
        )


@router.post("/me/passkeys", status_code=201)
async def register_passkey(
    wanted: NewPasskey,
    session: Fresh,
    device: FromDevice,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> Enrolled:
    """Register what the authenticator made. All your sessions end; the answer has a new one.

    This POST takes no Idempotency-Key: to repeat the answer, codes and token would have to be
    stored. A challenge is answered once.
    """
    challenge = await attempt_challenge(
        database, wanted.challenge, "add-passkey", user_id=session.user.id, now=now
    )
    async with database.transaction() as conn:
        codes = await add_passkey(
            conn, challenge, wanted, party=resources.extra["relying_party"], now=now
        )
        enrolled, ended = await _begin_anew(conn, session, "passkey", device, codes, now)
    await _forget(resources, ended)
    return enrolled


@router.delete("/me/passkeys/{passkey_id}", status_code=204)
async def forget_passkey(
    passkey_id: UUID, session: Fresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> None:
    """Take a passkey away. Your other sessions end."""
    async with database.transaction() as conn:
        await remove_passkey(conn, session.user.id, passkey_id, now=now)
        ended = await end_sessions(conn, session.user.id, kept=session.id, now=now)
    await _forget(resources, ended)


async def _begin_anew(
    conn: Connection,
    session: Session,
    strength: Strength,
    device: Device,
    codes: Sequence[str],
    now: datetime,
) -> tuple[Enrolled, list[bytes]]:
    """A new session in place of all others; returns the hashes of the tokens that ended."""
    token, renewed, ended = await renew_session(
        conn, session, strength=strength, device=device, now=now
    )
    if ended is None:
        raise Unauthenticated("the session ended meanwhile; log in again")
    others = await end_sessions(conn, session.user.id, kept=renewed.id, now=now)
    return Enrolled(recovery_codes=list(codes), session=renewed.view(token)), [ended, *others]


async def _forget(resources: Resources, ended: Sequence[bytes]) -> None:
    """Tell the cache, after the commit."""
    for token_hash in ended:
        await resources.extra["session_cache"].revoke(token_hash)
