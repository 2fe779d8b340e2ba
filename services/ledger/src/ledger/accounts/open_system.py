"""Find a community's system account, opening it at its first use."""

from datetime import datetime

from chassis.database import Connection
from chassis.ids import new_id
from contracts.ledger import AccountType
from ledger.accounts import queries
from ledger.accounts.models import Account
from ledger.accounts.open import open_accounts


async def open_system_account(
    conn: Connection,
    community: str,
    account_type: AccountType,
    asset: str,
    *,
    now: datetime,
    name: str = "",
    floor_minor: int | None = None,
) -> Account:
    """The system account of a community, such as where its credits are issued from.

    Args:
        conn: Open transaction; the caller commits.
        community: Whose account.
        account_type: ISSUANCE, FEES, PROVIDER or TRANSIT.
        asset: Code of a known asset.
        now: The clock's time.
        name: Tells several of one type apart.
        floor_minor: How low it may go, said when it is opened; nothing for no floor.

    Returns:
        The account, opened now if it was not there.

    Emits:
        AccountOpened on `ledger.accounts.v1`, if it was opened.
    """
    found = await queries.select_of_system(conn, community, account_type, asset, name)
    if found:
        return found
    wanted = Account(new_id(), None, account_type, asset, community, name)
    await open_accounts(conn, [wanted], now=now, system_floor_minor=floor_minor)
    # Ours, or the one that was opened at the same moment.
    return await queries.select_of_system(conn, community, account_type, asset, name) or wanted
