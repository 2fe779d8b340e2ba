"""Make an operator's wish to issue credits into a transfer that the journal can post."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import Cause
from contracts.money import render_amount
from ledger.accounts.find import find_account
from ledger.accounts.models import Account
from ledger.issuance import queries
from ledger.issuance.errors import IssuanceTooLarge, NotAPersonsAccount, SecondOperator
from ledger.issuance.find_source import find_source
from ledger.issuance.models import IssueCredits
from ledger.journal.models import Transfer
from ledger.journal.templates import pay
from ledger.reach import Reach
from ledger.text import read_amount


async def prepare_issuance(
    conn: Connection,
    wish: IssueCredits,
    *,
    transfer_id: UUID,
    operator: UUID,
    reach: Reach,
    now: datetime,
    dry_run: bool = False,
) -> tuple[Transfer, Account]:
    """Find where the credits go and come from, and check that there can be so many.

    Args:
        conn: Open transaction: the community's ISSUANCE account is opened at its first use.
        wish: What the operator wants.
        transfer_id: UUIDv7, new for this wish.
        operator: Who answers for it.
        reach: Whose accounts they may act in.
        now: The clock's time.
        dry_run: Open no account, and tell that one operator is not enough.

    Returns:
        The transfer, and the account that the credits come from. Above what one operator makes
        alone it is posted only when another has approved it.

    Raises:
        Malformed: The amount is none, or the asset is unknown.
        NoSuchAccount: The person or account does not exist, or is beyond the reach.
        NotAPersonsAccount: The account is no main account.
        IssuanceTooLarge: The amount is above what may be made in a day.
        SecondOperator: In a dry run, above what one operator makes alone.

    Emits:
        AccountOpened on `ledger.accounts.v1`, for a community's first issuance in an asset.
    """
    amount_minor = read_amount(wish.amount, wish.asset)
    limit = await queries.select_limit(conn, wish.asset)
    most_minor = limit.day_max_minor if limit else 0
    if amount_minor > most_minor:
        most = render_amount(most_minor, wish.asset)
        raise IssuanceTooLarge(
            f"one issuance makes at most {most} {wish.asset}", limit=most, asset=wish.asset
        )
    if dry_run and limit and amount_minor > limit.alone_max_minor:
        alone = render_amount(limit.alone_max_minor, wish.asset)
        raise SecondOperator(
            f"above {alone} {wish.asset} another operator has to approve it", limit=alone
        )
    field = "to_account" if wish.to_account else "to_user"
    destination = await find_account(
        conn,
        field=field,
        account_id=wish.to_account,
        main_of=wish.to_user,
        asset=wish.asset,
        reach=reach,
    )
    if destination.type != "MAIN":
        raise NotAPersonsAccount(f"{field} is of type {destination.type}", field=field)
    source = await find_source(conn, destination.community, wish.asset, now=now, dry_run=dry_run)
    wanted = Transfer(
        id=transfer_id,
        kind="issuance",
        movements=pay(source.id, destination.id, wish.asset, amount_minor),
        initiated_by=operator,
        metadata={"reason": wish.reason},
        cause=Cause.present(),
    )
    return wanted, source
