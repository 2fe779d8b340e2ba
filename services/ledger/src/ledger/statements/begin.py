"""Begin a whole statement."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.find import find_account
from ledger.accounts.models import Times
from ledger.accounts.read_balance_at import read_balance_at
from ledger.reach import Reach
from ledger.statements import queries
from ledger.statements.errors import StatementTooLarge
from ledger.statements.lifecycle import STEP, known_for_ever
from ledger.statements.models import Facts, Period
from ledger.transparency.read_latest import read_latest_checkpoint


async def begin_statement(
    conn: Connection,
    account_id: UUID,
    period: Period,
    *,
    reach: Reach,
    entries_max: int,
    now: datetime,
) -> Facts:
    """All that a statement says besides its entries.

    What was known by a time never changes, so the entries can be read later, page by page.

    Args:
        conn: Open transaction that sees one state of the books throughout.
        account_id: Which.
        period: From when to when, as known when; at the latest, when nothing more can come.
        reach: Only if it is in it.
        entries_max: More of them are refused.
        now: The clock's time.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
        StatementTooLarge: The period has more entries.
    """
    account = await find_account(conn, field="account_id", account_id=account_id, reach=reach)
    newest = await queries.select_newest(conn, account_id)
    period = replace(period, known_at=known_for_ever(period.known_at, newest, now))
    entries = await queries.count_period(conn, account_id, period, entries_max)
    if entries > entries_max:
        raise StatementTooLarge(
            f"it has more than {entries_max} entries: take a shorter period, or have it made by "
            f"POST /v1/accounts/{account_id}/statements",
            entries_max=entries_max,
        )

    async def balance_before(moment: datetime) -> int:
        at = Times(moment - STEP, period.known_at)
        return (await read_balance_at(conn, account_id, at, reach=reach)).balance_minor

    checkpoint = await read_latest_checkpoint(conn)
    return Facts(
        account_id=account_id,
        account_type=account.type,
        community=account.community,
        asset=account.asset,
        owner=await queries.select_name(conn, account.owner_id) if account.owner_id else None,
        begins=period.begins,
        ends=period.ends,
        known_at=period.known_at or now,
        opening_minor=await balance_before(period.begins),
        closing_minor=await balance_before(period.ends),
        entries=entries,
        checkpoint=checkpoint.note if checkpoint else None,
    )
