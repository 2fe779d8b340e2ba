"""Look at accounts for somebody with power."""

from collections.abc import Collection
from uuid import UUID

from chassis.context import look
from chassis.database import Connection
from ledger.accounts import queries


async def look_at_accounts(conn: Connection, accounts: Collection[UUID | None]) -> None:
    """Note that somebody with power is shown what belongs to these accounts' owners.

    Args:
        conn: Any connection: an account's owner never changes.
        accounts: Which; those of the community have no owner, and nobody looks at them.
    """
    named = sorted({one for one in accounts if one is not None})
    if named:
        look(*await queries.select_owners(conn, named))
