"""Hold opening balances against the account that they came from."""

from uuid import UUID

from chassis.database import Connection
from ledger.histories import queries
from ledger.histories.errors import NoSuchImport
from ledger.histories.lifecycle import OPENING
from ledger.histories.models import Tie


async def tie_out(conn: Connection, import_id: UUID) -> list[Tie]:
    """By asset: what an import of opening balances entered, and what their account gave.

    Args:
        conn: Any connection.
        import_id: Of `begin_import`.

    Raises:
        NoSuchImport: There is none.
    """
    begun = await queries.select_import(conn, import_id)
    if begun is None:
        raise NoSuchImport("there is no such import")
    account = OPENING.removeprefix("system:")
    return await queries.select_ties(conn, begun.community, account, begun.name)
