"""Make an operator's wish to burn credits into a transfer that the journal can post."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import Cause
from ledger.accounts.find import find_account
from ledger.accounts.models import Account
from ledger.issuance.errors import NotAPersonsAccount
from ledger.issuance.find_source import find_source
from ledger.issuance.models import BurnCredits
from ledger.journal.models import Transfer
from ledger.journal.templates import pay
from ledger.reach import Reach
from ledger.text import read_amount


async def prepare_burn(
    conn: Connection,
    wish: BurnCredits,
    *,
    transfer_id: UUID,
    operator: UUID,
    reach: Reach,
    now: datetime,
    dry_run: bool = False,
) -> tuple[Transfer, Account]:
    """Find where the credits are and where they go back to. There is no limit but what is there.

    Args:
        conn: Open transaction: the community's ISSUANCE account is opened at its first use.
        wish: What the operator wants.
        transfer_id: UUIDv7, new for this wish.
        operator: Who answers for it.
        reach: Whose accounts they may act in.
        now: The clock's time.
        dry_run: Open no account.

    Returns:
        The transfer, and the account that the credits go back to.

    Raises:
        Malformed: The amount is none, or the asset is unknown.
        NoSuchAccount: The account does not exist, or is beyond the reach.
        NotAPersonsAccount: The account is no main account.

    Emits:
        AccountOpened on `ledger.accounts.v1`, if none was opened before.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    source = await find_account(
        conn, field="from_account", account_id=wish.from_account, reach=reach
    )
    if source.type != "MAIN":
        raise NotAPersonsAccount(f"from_account is of type {source.type}", field="from_account")
    back = await find_source(conn, source.community, wish.asset, now=now, dry_run=dry_run)
    wanted = Transfer(
        transfer_id,
        "burn",
        pay(source.id, back.id, wish.asset, amount_minor),
        initiated_by=operator,
        metadata={"reason": wish.reason},
        cause=Cause.present(),
    )
    return wanted, back
