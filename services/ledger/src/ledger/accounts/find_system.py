"""Find a community's system account, without opening it."""

from chassis.database import Connection
from contracts.ledger import AccountType
from ledger.accounts import queries
from ledger.accounts.models import Account


async def find_system_account(
    conn: Connection, community: str, account_type: AccountType, asset: str, *, name: str = ""
) -> Account | None:
    """The system account of a community, if it was ever used.

    Args:
        conn: Any connection.
        community: Whose account.
        account_type: ISSUANCE, FEES or TRANSIT.
        asset: Code of a known asset.
        name: Tells several of one type apart.
    """
    return await queries.select_of_system(conn, community, account_type, asset, name)
