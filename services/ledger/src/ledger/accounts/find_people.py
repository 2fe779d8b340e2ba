"""Find the accounts of several people at once."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from contracts.ledger import AccountType
from ledger.accounts import queries
from ledger.accounts.models import Account


async def find_accounts_of_people(
    conn: Connection, owners: Iterable[UUID]
) -> dict[tuple[UUID, AccountType, str], Account]:
    """Accounts of some people by owner, type and asset; whoever has none is left out.

    Args:
        conn: Any connection: what is read never changes.
        owners: The people.
    """
    found = await queries.select_of_people(conn, sorted(set(owners)))
    return {(a.owner_id, a.type, a.asset): a for a in found if a.owner_id}
