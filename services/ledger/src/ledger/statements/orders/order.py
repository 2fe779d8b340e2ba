"""Have a whole statement made."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from chassis.database import Connection
from chassis.tasks import Task, ask_for
from ledger.accounts.find import find_account
from ledger.reach import Reach
from ledger.statements import queries
from ledger.statements.lifecycle import known_for_ever
from ledger.statements.models import Period

KIND: Final = "statement"


async def order_statement(
    conn: Connection,
    account_id: UUID,
    period: Period,
    form: Literal["csv", "pdf"],
    *,
    asked_by: UUID,
    reach: Reach,
    now: datetime,
) -> Task:
    """Have a statement of any length made as a file, soon after this transaction.

    Args:
        conn: Open transaction; the caller commits.
        account_id: Which.
        period: From when to when, as known when.
        form: CSV or PDF.
        asked_by: Who will fetch it; nobody else can.
        reach: Only if the account is in it.
        now: The clock's time.

    Returns:
        The task; the one that waits already, if it is the same.

    Raises:
        NoSuchAccount: There is none, or it is somebody else's.
        TooManyTasks: As many of theirs wait as may.
    """
    await find_account(conn, field="account_id", account_id=account_id, reach=reach)
    wanted = {
        "account_id": str(account_id),
        "form": form,
        "from": period.begins.isoformat(),
        "to": period.ends.isoformat(),
        "known_at": period.known_at and period.known_at.isoformat(),
    }
    once = " ".join(str(part) for part in wanted.values())
    # Settled now: however often it is made, it is the same file.
    newest = await queries.select_newest(conn, account_id)
    wanted["known_at"] = known_for_ever(period.known_at, newest, now).isoformat()
    return await ask_for(conn, KIND, asked_by, wanted, once=once, now=now)
