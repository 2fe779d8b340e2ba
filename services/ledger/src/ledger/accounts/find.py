"""Find the account that a request means."""

from uuid import UUID

from chassis.database import Connection
from ledger.accounts import queries
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.models import Account
from ledger.reach import EVERYTHING, Reach


async def find_account(
    conn: Connection,
    *,
    field: str,
    account_id: UUID | None = None,
    main_of: UUID | None = None,
    asset: str = "",
    reach: Reach = EVERYTHING,
) -> Account:
    """The account with an id, or a person's main account in an asset.

    Args:
        conn: Any connection: what is read never changes.
        field: The request's field, for the problem.
        account_id: The account itself.
        main_of: Instead, the person whose main account is meant.
        asset: Goes with `main_of`.
        reach: Only if it is in it.

    Raises:
        NoSuchAccount: There is none, or it is beyond the reach.
    """
    found = None
    if account_id:
        found = await queries.select_account(conn, account_id, reach)
    elif main_of:
        found = await queries.select_main(conn, main_of, asset, reach)
    if found is None:
        raise NoSuchAccount(f"{field} names no account that can be used here", field=field)
    return found
