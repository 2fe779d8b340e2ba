"""Page through an account's entries."""

from typing import Final
from uuid import UUID

from chassis.database import Connection
from ledger.accounts import queries
from ledger.accounts.models import EntryLine, Times
from ledger.accounts.read import read_account
from ledger.reach import Reach

NEWEST: Final = 2**63 - 1
ALWAYS: Final = Times()


async def read_entries(
    conn: Connection,
    account_id: UUID,
    *,
    reach: Reach,
    before: int | None = None,
    limit: int,
    at: Times = ALWAYS,
) -> tuple[list[EntryLine], str | None]:
    """A page of entries, newest first, and the cursor of the next.

    Args:
        conn: Any connection.
        account_id: Which account.
        reach: Only if it is in it.
        before: Cursor: the last seq of the page before.
        limit: At most this many.
        at: Only what was effective and known by these times.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
    """
    await read_account(conn, account_id, reach=reach)
    found = await queries.select_entries(conn, account_id, at, before or NEWEST, limit + 1)
    page = found[:limit]
    return page, str(page[-1].account_seq) if len(found) > limit else None
