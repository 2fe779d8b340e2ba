"""Log in."""

import hashlib
from collections.abc import Awaitable, Callable
from datetime import datetime

from chassis.audit.record import Act, record_acts
from chassis.database import Connection, Database
from gateway.sessions import queries
from gateway.sessions.errors import TooManyAttempts, WrongCredentials
from gateway.sessions.forgive import forgive
from gateway.sessions.lifecycle import ACCOUNT, ADDRESS, PAIR, account_subject
from gateway.sessions.models import Credentials, Device, Session
from gateway.sessions.open import open_session
from gateway.sessions.slow_down import slow_down
from gateway.sessions.wait import check_wait
from gateway.users.authenticate import authenticate_user
from gateway.users.models import Identity, User
from gateway.users.passwords import Passwords

#: Raises what still has to be shown by this person; returns when the password is enough.
type Ask = Callable[[Connection, User, datetime], Awaitable[Exception | None]]


async def log_in(
    database: Database,
    passwords: Passwords,
    ask_more: Ask,
    credentials: Credentials,
    *,
    device: Device,
    now: datetime,
) -> tuple[str, Session]:
    """Open a session for whoever knows e-mail or phone, and password.

    The attempt is counted before the password is looked at, so that many at once are counted too.
    What fails is counted for the account and the address as well. A person who is locked because
    others guess is let in from an address where they logged in before.

    Args:
        database: The verb opens its own transactions: none is held while a password is hashed.
        passwords: The hasher.
        ask_more: What is asked of a person with a second factor.
        credentials: E-mail or phone, and password.
        device: Where the client calls from.
        now: The clock's time.

    Returns:
        The token, which is stored nowhere, and the session.

    Raises:
        TooManyAttempts: Too many failed; whether anybody is registered makes no difference.
        WrongCredentials: E-mail, phone or password is wrong.
        SecondFactorNeeded: The password is right, and not enough.
        YouAreLeaving: It is right, and they have left: they are asked whether they stay.
    """
    identity = credentials.identity
    pair = _pair(identity, device)
    async with database.transaction() as conn:
        await check_wait(conn, _address(device), ADDRESS, now=now)
        await slow_down(conn, pair, PAIR, now=now)
        locked = await _lock(conn, identity, now)
    user = await authenticate_user(
        database,
        passwords,
        identity=identity,
        password=credentials.password.get_secret_value(),
        upgrade=locked is None,
    )
    more: Exception | None = None
    # Asked in either case, so that a lock takes the same work whether the password is right.
    async with database.transaction() as conn:
        if locked and not (user and await queries.was_seen_from(conn, user.id, device.address)):
            raise locked
        if user is not None:
            await forgive(conn, pair)
            more = await ask_more(conn, user, now)
            if more is None:
                return await open_session(conn, user, strength="password", device=device, now=now)
    if more is not None:
        raise more
    await _count_failure(database, identity, device, now)
    async with database.transaction() as conn:
        # Under the hash by which attempts are counted: it tells nobody who is registered.
        subject = hashlib.sha256(
            account_subject(identity.kind, identity.value).encode()
        ).hexdigest()
        await record_acts(conn, Act("session.refused", "login_attempt", subject))
    raise WrongCredentials("check both, and try again")


async def _lock(conn: Connection, identity: Identity, now: datetime) -> TooManyAttempts | None:
    try:
        await check_wait(conn, account_subject(identity.kind, identity.value), ACCOUNT, now=now)
    except TooManyAttempts as problem:
        return problem
    return None


async def _count_failure(
    database: Database, identity: Identity, device: Device, now: datetime
) -> None:
    """For account and address, one after the other: each is a subject that many share."""
    for subject, brake in (
        (account_subject(identity.kind, identity.value), ACCOUNT),
        (_address(device), ADDRESS),
    ):
        try:
            async with database.transaction() as conn:
                await slow_down(conn, subject, brake, now=now)
        except TooManyAttempts:
            continue


def _pair(identity: Identity, device: Device) -> str:
    return f"{identity.value}\x1f{device.address}"


def _address(device: Device) -> str:
    return f"address\x1f{device.address}"
