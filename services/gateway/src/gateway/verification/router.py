"""Codes by e-mail and SMS: to verify an address, to reset a password. And to change one."""

from typing import Any

from fastapi import APIRouter, Response

from chassis.access import ANYONE
from chassis.audit.record import Act, record_acts
from chassis.problems import Unauthenticated
from chassis.resources import Now, OpenDatabase, OpenResources, Resources
from gateway.sessions.access import Fresh, FromDevice, LoggedIn
from gateway.sessions.end_all import end_sessions
from gateway.sessions.forgive import forgive
from gateway.sessions.lifecycle import account_subject
from gateway.sessions.models import SessionView
from gateway.sessions.renew import renew_session
from gateway.sessions.slow_down import slow_down
from gateway.users.browse_identities import browse_identities
from gateway.users.check_password import check_password
from gateway.users.claim_identity import claim_identity
from gateway.users.confirm_password import confirm_password
from gateway.users.find_identity import find_identity
from gateway.users.models import Identity, Known
from gateway.users.set_password import set_password
from gateway.verification.check import check_code
from gateway.verification.errors import IdentityTaken, WrongPassword
from gateway.verification.lifecycle import TRYING
from gateway.verification.models import (
    CodeShown,
    Destination,
    Identities,
    IdentityView,
    PasswordChange,
    PasswordReset,
)
from gateway.verification.postman import Letter, Postman
from gateway.verification.send import send_code
from gateway.verification.use import use_code

router = APIRouter(tags=["verification"])

_ACCEPTED = {"detail": "if it can be, a code is on its way; it is good for 10 minutes"}


@router.get("/me/identities")
async def identities(session: LoggedIn, database: OpenDatabase) -> Identities:
    """What you log in with."""
    async with database.connection() as conn:
        found = await browse_identities(conn, session.user.id)
    return Identities(
        identities=[
            IdentityView(
                kind=one.identity.kind, value=one.identity.value, verified_at=one.verified_at
            )
            for one in found
        ]
    )


@router.post("/me/verifications", status_code=202)
async def ask(
    destination: Destination,
    session: Fresh,
    device: FromDevice,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> dict[str, str]:
    """Send a code to an e-mail or phone that is to be yours; asking twice sends one.

    This POST takes no Idempotency-Key: repeating it within a minute is refused and sends nothing.
    """
    postman: Postman = resources.extra["postman"]
    postman.check(destination.identity.kind)
    async with database.transaction() as conn:
        letter = await send_code(
            conn,
            "verify",
            destination.identity,
            user_id=session.user.id,
            address=device.address,
            sealer=resources.extra["sealer"],
            now=now,
        )
    postman.send(letter)
    return _ACCEPTED


@router.post("/me/verifications/confirm", status_code=204)
async def confirm(
    shown: CodeShown, session: Fresh, database: OpenDatabase, resources: OpenResources, now: Now
) -> None:
    """Show the code: from now on you log in with this, in place of what was of its kind.

    This POST takes no Idempotency-Key: a code is good once.
    """
    sent = await check_code(
        database,
        "verify",
        shown.identity,
        shown.code,
        user_id=session.user.id,
        sealer=resources.extra["sealer"],
        now=now,
    )
    async with database.transaction() as conn:
        before = await browse_identities(conn, session.user.id)
        await use_code(conn, sent, now=now)
        if not await claim_identity(conn, session.user.id, shown.identity, now=now):
            raise IdentityTaken("log in as them, or use another")
    for known in before:
        if known.identity.kind == shown.identity.kind and known.identity != shown.identity:
            _tell(resources, known.identity, f"the {known.identity.kind} you log in with")


@router.post("/users/password-resets", status_code=202, dependencies=[ANYONE])
async def ask_reset(
    destination: Destination,
    device: FromDevice,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> dict[str, str]:
    """Ask for a code to set a new password; the answer is the same, whoever is known.

    This POST takes no Idempotency-Key: repeating it within a minute is refused and sends nothing.
    """
    postman: Postman = resources.extra["postman"]
    postman.check(destination.identity.kind)
    async with database.transaction() as conn:
        user_id = await find_identity(conn, destination.identity)
        letter = await send_code(
            conn,
            "reset-password",
            destination.identity,
            user_id=user_id,
            address=device.address,
            sealer=resources.extra["sealer"],
            now=now,
        )
    if user_id is not None:
        postman.send(letter)
    return _ACCEPTED


@router.post("/users/password-resets/confirm", status_code=204, dependencies=[ANYONE])
async def reset(
    shown: PasswordReset, database: OpenDatabase, resources: OpenResources, now: Now
) -> None:
    """Show the code and set a new password. All sessions end; a second factor stays.

    This POST takes no Idempotency-Key: a code is good once.
    """
    password = shown.password.get_secret_value()
    await check_password(resources.extra["breached"], password, known=(shown.identity.value,))
    sent = await check_code(
        database,
        "reset-password",
        shown.identity,
        shown.code,
        sealer=resources.extra["sealer"],
        now=now,
    )
    hashed = await resources.extra["passwords"].hash(password)
    async with database.transaction() as conn:
        await use_code(conn, sent, now=now)
        owner = await find_identity(conn, shown.identity)
        if owner is None or owner != sent.user_id:
            raise IdentityTaken("it is no longer yours")
        await set_password(conn, owner, hashed, how="reset", now=now)
        # Whoever has read the code has shown that the address is theirs, and needs no lock.
        await claim_identity(conn, owner, shown.identity, now=now)
        await forgive(conn, account_subject(shown.identity.kind, shown.identity.value))
        ended = await end_sessions(conn, owner, by=owner, now=now)
    await _forget(resources, ended)
    _tell(resources, shown.identity, "your password")


@router.post("/me/password", status_code=201)
async def change_password(
    change: PasswordChange,
    session: Fresh,
    device: FromDevice,
    response: Response,
    database: OpenDatabase,
    resources: OpenResources,
    now: Now,
) -> SessionView:
    """Set another password. All your sessions end; the answer has a new one.

    This POST takes no Idempotency-Key: to repeat the answer, the token would have to be stored.
    Repeating it is refused: that session has ended.
    """
    response.headers["Cache-Control"] = "no-store"
    passwords, user_id = resources.extra["passwords"], session.user.id
    async with database.connection() as conn:
        known = [one.identity for one in await browse_identities(conn, user_id)]
    password = change.password.get_secret_value()
    await check_password(
        resources.extra["breached"],
        password,
        known=[session.user.display_name, *(one.value for one in known)],
    )
    async with database.transaction() as conn:
        await slow_down(conn, f"password\x1f{user_id}", TRYING, now=now)
    if not await confirm_password(database, passwords, user_id, change.current.get_secret_value()):
        async with database.transaction() as conn:
            await record_acts(conn, Act("password.refused", "user", str(user_id)))
        raise WrongPassword("check it, or reset it with POST /v1/users/password-resets")
    hashed = await passwords.hash(password)
    async with database.transaction() as conn:
        await set_password(conn, user_id, hashed, how="changed", now=now)
        token, renewed, ended = await renew_session(
            conn,
            session,
            strength=session.strengthened_by or "password",
            device=device,
            now=now,
        )
        if ended is None:
            raise Unauthenticated("the session ended meanwhile; log in again")
        others = await end_sessions(conn, user_id, kept=renewed.id, now=now)
    await _forget(resources, [ended, *others])
    for identity in known:
        _tell(resources, identity, "your password")
    return renewed.view(token)


def _view(known: Known) -> IdentityView:
    return IdentityView(
        kind=known.identity.kind, value=known.identity.value, verified_at=known.verified_at
    )


def _tell(resources: Resources, identity: Identity, what: str) -> None:
    """Tell a person by SMS what was changed; mails about it are notifications."""
    if identity.kind == "email":
        return
    postman: Postman = resources.extra["postman"]
    text = f"Somebody who is logged in as you changed {what}. If it was not you, reset it.\n"
    postman.send(Letter(identity, f"LocalEx: {what} was changed", text))


async def _forget(resources: Resources, ended: Any) -> None:
    """Tell the cache, after the commit."""
    for token_hash in ended:
        await resources.extra["session_cache"].revoke(token_hash)
