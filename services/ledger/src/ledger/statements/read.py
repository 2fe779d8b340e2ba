"""Read a statement of account."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.models import Times
from ledger.accounts.read_balance_at import read_balance_at
from ledger.reach import Reach
from ledger.statements import queries
from ledger.statements.lifecycle import STEP
from ledger.statements.models import Period, Place, Statement


async def read_statement(
    conn: Connection,
    account_id: UUID,
    period: Period,
    *,
    reach: Reach,
    after: Place | None = None,
    limit: int,
) -> Statement:
    """What an account had before a period, what took effect in it, and what it had after.

    Args:
        conn: Open transaction that sees one state of the books throughout.
        account_id: Which.
        period: From when to when, as known when.
        reach: Only if it is in it.
        after: Cursor: where the page before ended.
        limit: At most this many entries.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
    """

    async def balance_before(moment: datetime) -> int:
        at = Times(moment - STEP, period.known_at)
        return (await read_balance_at(conn, account_id, at, reach=reach)).balance_minor

    asset = (await read_balance_at(conn, account_id, Times(), reach=reach)).account.asset
    opening = brought = await balance_before(period.begins)
    if after:
        brought = await balance_before(after.effective_at)
        brought += await queries.sum_of_moment(conn, account_id, after, period)
    start = after or Place(period.begins, 0)
    lines = await queries.select_period(conn, account_id, period, start, limit + 1)
    return Statement(
        account_id,
        asset,
        opening,
        brought,
        tuple(lines[:limit]),
        await balance_before(period.ends),
        more=len(lines) > limit,
    )
