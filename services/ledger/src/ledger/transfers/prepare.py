"""Make a wish to send money into a transfer that the journal can post."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import Cause
from chassis.tokens import Caller
from ledger.accounts.find import find_account
from ledger.accounts.models import Account
from ledger.journal.models import Movement, Transfer
from ledger.text import read_amount
from ledger.transfers.errors import NotAMainAccount, OnlyOperatorsBackdate, SameAccount
from ledger.transfers.models import SendMoney


async def prepare_transfer(
    conn: Connection,
    wish: SendMoney,
    *,
    transfer_id: UUID,
    sender: Caller,
    earliest: datetime,
) -> Transfer:
    """Find both accounts and check that this person may send from one to the other.

    What is read here never changes, so it is read before the journal's transaction; limits and
    balances are judged there, under lock.

    Args:
        conn: Any connection.
        wish: What the client wants.
        transfer_id: UUIDv7, new for this wish.
        sender: Who asks. The account that is debited must be theirs, unless an operator enters a
            transfer late, which is a correction of the books.
        earliest: How far back an operator may go.

    Raises:
        OnlyOperatorsBackdate: Somebody else gave a time.
        Malformed: The amount is none, or the asset is unknown.
        NoSuchAccount: An account does not exist, or the sender's is somebody else's.
        NotAMainAccount: One of the two is no main account.
        SameAccount: The money would stay where it is.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    if wish.effective_at and not sender.has("OPERATOR", "ADMIN"):
        raise OnlyOperatorsBackdate("leave effective_at out: it takes effect now")
    source = await find_account(
        conn,
        field="from_account",
        account_id=wish.from_account,
        owner=None if wish.effective_at else sender.user_id,
    )
    destination = await find_account(
        conn,
        field="to_account" if wish.to_account else "to_user",
        account_id=wish.to_account,
        main_of=wish.to_user,
        asset=wish.asset,
    )
    _require_main("from_account", source)
    _require_main("to_account", destination)
    if source.id == destination.id:
        raise SameAccount("send to another account than the money comes from")
    return Transfer(
        id=transfer_id,
        kind="correction" if wish.effective_at else "transfer",
        movements=(
            Movement(source.id, wish.asset, -amount_minor),
            Movement(destination.id, wish.asset, amount_minor),
        ),
        initiated_by=sender.user_id,
        effective_at=wish.effective_at,
        not_before=earliest,
        metadata={"memo": wish.memo} if wish.memo else {},
        cause=Cause.present(),
    )


def _require_main(field: str, account: Account) -> None:
    if account.type != "MAIN":
        raise NotAMainAccount(f"{field} is of type {account.type}", field=field)
