"""Begin to enrol an authenticator app."""

from datetime import datetime

import pyotp

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.errors import AlreadyEnrolled
from gateway.two_factor.models import TotpView
from gateway.two_factor.sealing import Sealer
from gateway.users.models import User


async def begin_totp(conn: Connection, user: User, *, sealer: Sealer, now: datetime) -> TotpView:
    """Make a secret, which counts when a code of it is given; a new one takes the place of an old.

    Args:
        conn: Open transaction; the caller commits.
        user: Whose.
        sealer: Seals the secret.
        now: The clock's time.

    Returns:
        The secret, shown this once, and its address for the app.

    Raises:
        AlreadyEnrolled: A confirmed one is there; take it away first.
    """
    await queries.lock_user(conn, user.id)
    secret = pyotp.random_base32()
    sealed = sealer.seal(secret, user.id)
    if not await queries.upsert_totp(conn, user.id, sealed, sealer.key_id, now):
        raise AlreadyEnrolled("take it away with DELETE /v1/me/second-factor/totp first")
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.display_name, issuer_name="LocalEx")
    return TotpView(secret=secret, uri=uri)
