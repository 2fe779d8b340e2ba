"""Pause a run, or let it go on."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation.errors import NoSuchRun, RunMoved
from ledger.reconciliation.matching import queries
from ledger.reconciliation.models import Run


async def pause_run(
    conn: Connection,
    account_id: UUID,
    run_id: UUID,
    state: Literal["ACTIVE", "PAUSED"],
    *,
    now: datetime,
) -> Run:
    """Move a run; the page in progress is finished first. A repeat changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        account_id: Whose run.
        run_id: Which run.
        state: Where to.
        now: The clock's time.

    Raises:
        NoSuchRun: There is none for this account.
        RunMoved: It is done.
    """
    before = await queries.lock_run(conn, run_id)
    run = await queries.select_run(conn, run_id)
    if before is None or run is None or run.account_id != account_id:
        raise NoSuchRun(f"the account has no run {run_id}")
    if before == "DONE":
        raise RunMoved("it is done")
    await queries.move_run(conn, run_id, state, now)
    return await queries.select_run(conn, run_id) or run
