"""Erase a person."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.timers import cancel_timer
from gateway.departures.lifecycle import ERASURE
from gateway.users.erase import erase_user
from gateway.vault.erase import erase_vault
from gateway.vault.keyring import Keyring


async def erase_person(
    conn: Connection, user_id: UUID, *, keyring: Keyring | None, now: datetime
) -> bool:
    """Forget a person and destroy the key of their vault, in one transaction.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose grace period is over, with nothing open.
        keyring: Of the vault, if there is one.
        now: The clock's time.

    Returns:
        False when they stay, or are to be erased later: nothing is changed.

    Emits:
        UserErased on `gateway.users.v1` and VaultErased on `gateway.vault.v1`, keyed by user.
    """
    if not await erase_user(conn, user_id, now=now):
        return False
    if keyring is not None:
        await erase_vault(conn, keyring, user_id, now=now)
    await cancel_timer(conn, ERASURE, str(user_id))
    return True
