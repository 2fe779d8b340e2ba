"""Find how an account is reconciled."""

from uuid import UUID

from chassis.database import Connection
from ledger.reach import EVERYTHING, Reach
from ledger.reconciliation import queries
from ledger.reconciliation.errors import NotReconciled
from ledger.reconciliation.models import Setup


async def find_setup(
    conn: Connection, account_id: UUID, version: int | None = None, *, reach: Reach = EVERYTHING
) -> Setup:
    """An account's setup.

    Args:
        conn: Any connection.
        account_id: Which account.
        version: Nothing means the newest.
        reach: Only if the account is in it.

    Raises:
        NotReconciled: There is none, or the account is beyond the reach.
    """
    setup = await queries.select_setup(conn, account_id, version)
    if setup is None or not reach.covers(None, setup.community):
        raise NotReconciled("say first how the account is reconciled: POST its setup")
    return setup
