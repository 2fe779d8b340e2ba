"""Send a code."""

import secrets
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from gateway.sessions.slow_down import slow_down
from gateway.two_factor.sealing import Sealer
from gateway.users.models import Identity
from gateway.verification import queries
from gateway.verification.errors import SentLately
from gateway.verification.lifecycle import (
    ASKING,
    DIGITS,
    LIFE,
    PER_WINDOW,
    WINDOW,
    Purpose,
    code_of,
    wait_to_send,
)
from gateway.verification.models import Sent
from gateway.verification.postman import Letter


async def send_code(
    conn: Connection,
    purpose: Purpose,
    identity: Identity,
    *,
    user_id: UUID | None,
    address: str,
    sealer: Sealer,
    now: datetime,
) -> Letter:
    """Make a code, and the letter that takes it to the address.

    For an address that is not known the same is done; the caller sends nothing then.

    Args:
        conn: Open transaction; the caller commits, then sends the letter.
        purpose: What the code is for.
        identity: Where it goes.
        user_id: Whose it is; nothing for an address that is not known.
        address: Where the request comes from.
        sealer: Keys the hash: eight digits are soon guessed from a plain one.
        now: The clock's time.

    Raises:
        SentLately: One was sent less than a minute ago, or five within the hour.
        TooManyAttempts: Too many were asked for from there.
    """
    sent = await queries.select_sent(conn, identity, now - WINDOW, PER_WINDOW)
    if wait := wait_to_send(sent, now):
        raise SentLately(f"wait {wait} s, then ask again", retry_after_seconds=wait)
    await slow_down(conn, f"asking\x1f{address}", ASKING, now=now)
    code = code_of(secrets.randbelow(10**DIGITS))
    row = Sent(new_id(), user_id, sealer.mac(_bound(purpose, identity, code)), 0, now + LIFE)
    await queries.insert_code(conn, row, purpose, identity, now)
    what = "set a new password" if purpose == "reset-password" else "confirm this address"
    minutes = int(LIFE.total_seconds() // 60)
    return Letter(
        identity,
        f"LocalEx: your code to {what}",
        f"Your code to {what} is {code}. It is good for {minutes} minutes.\n"
        f"If you did not ask for it, do nothing, and tell it to nobody.\n",
    )


def _bound(purpose: Purpose, identity: Identity, code: str) -> str:
    """What is hashed: a code for one address and purpose is none for another."""
    return f"{purpose}\x1f{identity.kind}\x1f{identity.value}\x1f{code}"


def is_code(sealer: Sealer, sent: Sent, purpose: Purpose, identity: Identity, code: str) -> bool:
    """Whether this is the code that was sent."""
    return secrets.compare_digest(sealer.mac(_bound(purpose, identity, code)), sent.code_hash)
