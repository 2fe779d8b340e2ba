"""Check a code."""

from datetime import datetime
from uuid import UUID

from chassis.database import Database
from gateway.sessions.slow_down import slow_down
from gateway.two_factor.sealing import Sealer
from gateway.users.models import Identity
from gateway.verification import queries
from gateway.verification.errors import WrongCode
from gateway.verification.lifecycle import ATTEMPTS, TRYING, Purpose
from gateway.verification.models import Sent
from gateway.verification.send import is_code


async def check_code(
    database: Database,
    purpose: Purpose,
    identity: Identity,
    code: str,
    *,
    user_id: UUID | None = None,
    sealer: Sealer,
    now: datetime,
) -> Sent:
    """Whether a code is right; the attempt stays counted. It is used with its effect.

    Args:
        database: The verb opens its own transaction.
        purpose: What the code must be for.
        identity: Where it was sent.
        code: As typed.
        user_id: Whose it must be; anybody's where it tells who is calling.
        sealer: Keys the hash.
        now: The clock's time.

    Returns:
        The code, not yet used.

    Raises:
        WrongCode: It is wrong, used, over, tried too often, or never was sent: all the same.
        TooManyAttempts: Too many were wrong for this address.
    """
    async with database.transaction() as conn:
        await slow_down(conn, f"{purpose}\x1f{identity.kind}\x1f{identity.value}", TRYING, now=now)
        sent = await queries.try_code(conn, purpose, identity, user_id, now, ATTEMPTS)
    if sent is None or sent.user_id is None or not is_code(sealer, sent, purpose, identity, code):
        raise wrong_code()
    return sent


def wrong_code() -> WrongCode:
    """The one answer to all that is wrong with a code."""
    return WrongCode("check it, or ask for a new one; the newest counts, for 10 minutes")
