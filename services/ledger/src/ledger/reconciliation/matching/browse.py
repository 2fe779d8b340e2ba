"""Page through runs."""

from uuid import UUID

from chassis.database import Connection
from ledger.reach import Reach
from ledger.reconciliation.find_setup import find_setup
from ledger.reconciliation.matching import queries
from ledger.reconciliation.models import Run, Setup


async def browse_runs(
    conn: Connection, account_id: UUID, *, reach: Reach, before: UUID | None, limit: int
) -> list[tuple[Run, Setup]]:
    """An account's runs, newest first, each with the setup that it keeps to.

    Args:
        conn: Any connection.
        account_id: Whose runs.
        reach: Only if the account is in it.
        before: Cursor: the last id of the page before.
        limit: At most this many.

    Raises:
        NotReconciled: Nobody has said how the account is reconciled.
    """
    await find_setup(conn, account_id, reach=reach)
    runs = await queries.select_runs(conn, account_id, before, limit)
    setups = {
        version: await find_setup(conn, account_id, version)
        for version in {run.setup_version for run in runs}
    }
    return [(run, setups[run.setup_version]) for run in runs]
