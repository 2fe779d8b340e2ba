"""Make recovery codes."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from gateway.two_factor import queries
from gateway.two_factor.check import hash_code
from gateway.two_factor.lifecycle import RECOVERY_CODES, recovery_code


async def make_codes(conn: Connection, user_id: UUID, *, now: datetime) -> Sequence[str]:
    """Ten new recovery codes; all before them are worth nothing.

    Args:
        conn: Open transaction; the caller commits.
        user_id: Whose.
        now: The clock's time.

    Returns:
        The codes; only their hashes are stored.
    """
    codes = [recovery_code(secrets.token_bytes(10)) for _ in range(RECOVERY_CODES)]
    await queries.replace_codes(conn, user_id, [hash_code(user_id, one) for one in codes], now)
    return codes
