"""Log in."""

import hashlib
import secrets
from datetime import datetime

from chassis.audit.record import Act, record_acts
from chassis.database import Database
from chassis.ids import new_id
from gateway.sessions import queries
from gateway.sessions.errors import TooManyAttempts, WrongCredentials
from gateway.sessions.lifecycle import (
    IDLE,
    LONGEST,
    TOKEN_PREFIX,
    count_attempt,
    wait_seconds,
)
from gateway.sessions.models import Credentials, Session
from gateway.users.authenticate import authenticate_user
from gateway.users.passwords import Passwords


def session_opened(session: Session) -> Act:
    """What the audit log says of a new session."""
    after = {"user_id": str(session.user.id), "roles": list(session.user.roles)}
    return Act("session.opened", "session", str(session.id), by=session.user.id, after=after)


async def log_in(
    database: Database,
    passwords: Passwords,
    credentials: Credentials,
    *,
    address: str,
    now: datetime,
) -> tuple[str, Session]:
    """Open a session for whoever knows e-mail and password.

    The attempt is counted before the password is looked at, so that many at once are counted too.

    Args:
        database: The verb opens its own transactions: none is held while a password is hashed.
        passwords: The hasher.
        credentials: E-mail and password.
        address: Where the client calls from.
        now: The clock's time.

    Returns:
        The token, which is stored nowhere, and the session.

    Raises:
        TooManyAttempts: Too many failed for this e-mail from this address; whether anybody is
            registered with it makes no difference.
        WrongCredentials: E-mail or password is wrong.
    """
    subject = hashlib.sha256(f"{credentials.email}\x1f{address}".encode()).digest()
    async with database.transaction() as conn:
        counted = await queries.lock_attempt(conn, subject, now)
        if counted is not None:
            wait = wait_seconds(*counted, now)
            if wait:
                raise TooManyAttempts(f"wait {wait} s, then try again", retry_after_seconds=wait)
            await queries.update_attempt(conn, subject, count_attempt(*counted, now), now)
    user = await authenticate_user(
        database,
        passwords,
        email=credentials.email,
        password=credentials.password.get_secret_value(),
    )
    if user is None:
        async with database.transaction() as conn:
            # Under the hash by which attempts are counted: it tells nobody who is registered.
            await record_acts(conn, Act("session.refused", "login_attempt", subject.hex()))
        raise WrongCredentials("check both, and try again")
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    session = Session(new_id(), user, now + IDLE)
    async with database.transaction() as conn:
        await queries.delete_attempt(conn, subject)
        await queries.insert_session(
            conn,
            session,
            hashlib.sha256(token.encode()).digest(),
            now=now,
            expires_at=now + LONGEST,
        )
        await record_acts(conn, session_opened(session))
    return token, session
