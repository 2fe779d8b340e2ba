"""Find where fees go: a FEES account a tier, in each community and asset."""

from collections.abc import Iterable
from datetime import datetime

from chassis.database import Connection
from chassis.ids import new_id
from ledger.accounts.find_system import find_system_account
from ledger.accounts.models import Account
from ledger.accounts.open_system import open_system_account
from ledger.fees.models import Price, Tier

#: Community, asset and tier.
type FeePlace = tuple[str, str, Tier]


def fee_places(community: str, asset: str, price: Price) -> list[FeePlace]:
    """The accounts that a price needs."""
    return [(community, asset, fee.tier) for fee in price.fees]


async def find_fee_accounts(
    conn: Connection, places: Iterable[FeePlace], *, now: datetime, dry_run: bool = False
) -> dict[FeePlace, Account]:
    """The accounts where fees go, opened at their first use.

    The platform's is the one without a name, which was there before the other tiers.

    Args:
        conn: Open transaction; the caller commits.
        places: Which; repeats are fine.
        now: The clock's time.
        dry_run: Open none; what is missing is an account that exists nowhere.

    Emits:
        AccountOpened on `ledger.accounts.v1`, for each that was opened.
    """
    found: dict[FeePlace, Account] = {}
    for place in sorted(set(places)):
        community, asset, tier = place
        name = "" if tier == "PLATFORM" else tier
        if dry_run:
            known = await find_system_account(conn, community, "FEES", asset, name=name)
            found[place] = known or Account(new_id(), None, "FEES", asset, community, name)
        else:
            found[place] = await open_system_account(
                conn, community, "FEES", asset, name=name, now=now
            )
    return found
