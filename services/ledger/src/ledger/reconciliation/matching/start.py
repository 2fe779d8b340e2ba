"""Start a run."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.reconciliation.errors import NoStatement, RunInProgress
from ledger.reconciliation.matching import queries
from ledger.reconciliation.models import Run, Setup
from ledger.reconciliation.queries import lock_account, select_start


async def start_run(
    conn: Connection, setup: Setup, *, run_id: UUID, operator: UUID, now: datetime
) -> Run:
    """Queue a run over everything that is open; the work role carries it out.

    Args:
        conn: Open transaction; the caller commits.
        setup: Of the account, the newest version: the run keeps to it.
        run_id: UUIDv7, new for this wish.
        operator: Who starts it.
        now: The clock's time.

    Raises:
        NoStatement: There is nothing to compare with.
        RunInProgress: There is one that is not done.
    """
    await lock_account(conn, setup.account_id)
    if await select_start(conn, setup.account_id) is None:
        raise NoStatement("import a statement first")
    newest = await queries.select_runs(conn, setup.account_id, None, 1)
    if newest and newest[0].state != "DONE":
        raise RunInProgress(f"run {newest[0].id} is {newest[0].state}", run_id=str(newest[0].id))
    run = Run(run_id, setup.account_id, setup.version, "ACTIVE", 0, 0, 0, 0, {}, operator, now, now)
    await queries.insert_run(conn, run)
    return run
