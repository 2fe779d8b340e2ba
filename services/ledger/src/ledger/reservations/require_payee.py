"""Check who may be paid from a reservation."""

from uuid import UUID

from chassis.database import Connection
from ledger.accounts.errors import NoSuchAccount
from ledger.accounts.find import find_account
from ledger.reservations.errors import CannotBeReserved


async def require_payee(conn: Connection, to_account: UUID, source: UUID) -> None:
    """Check that money can be captured for an account.

    Args:
        conn: Any connection.
        to_account: Who would get it.
        source: Where it is set aside.

    Raises:
        NoSuchAccount: It does not exist, or is of another community.
        CannotBeReserved: It is no main account, or the one that the money is in.
    """
    payee = await find_account(conn, field="to_account", account_id=to_account)
    payer = await find_account(conn, field="account_id", account_id=source)
    if payee.community != payer.community:
        raise NoSuchAccount("to_account names no account that can be used here", field="to_account")
    if payee.type != "MAIN" or payee.id == source:
        raise CannotBeReserved("to_account must be another main account", field="to_account")
