"""Find where a community's credits come from and go back to."""

from datetime import datetime

from chassis.database import Connection
from chassis.ids import new_id
from ledger.accounts.find_system import find_system_account
from ledger.accounts.models import Account
from ledger.accounts.open_system import open_system_account


async def find_source(
    conn: Connection, community: str, asset: str, *, now: datetime, dry_run: bool
) -> Account:
    """The community's ISSUANCE account, opened at its first use.

    Args:
        conn: Open transaction, unless it is a dry run.
        community: Whose credits.
        asset: Code of a known asset.
        now: The clock's time.
        dry_run: Open none; what is missing is an account that exists nowhere.

    Emits:
        AccountOpened on `ledger.accounts.v1`, if it was opened.
    """
    if not dry_run:
        return await open_system_account(conn, community, "ISSUANCE", asset, now=now)
    known = await find_system_account(conn, community, "ISSUANCE", asset)
    return known or Account(new_id(), None, "ISSUANCE", asset, community)
