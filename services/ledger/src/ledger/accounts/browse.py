"""Page through accounts."""

from uuid import UUID

from chassis.database import Connection
from ledger.accounts import queries
from ledger.accounts.models import Balance
from ledger.reach import Reach


async def browse_accounts(
    conn: Connection,
    *,
    reach: Reach,
    account_type: str | None = None,
    asset: str | None = None,
    community: str | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> tuple[list[Balance], str | None]:
    """A page of accounts in id order, oldest first, and the cursor of the next.

    Args:
        conn: Any connection.
        reach: Only those in it.
        account_type: Only these.
        asset: Only in this asset.
        community: Only of this community.
        after: Cursor: the last id of the page before.
        limit: At most this many.
    """
    found = await queries.select_balances(
        conn,
        reach=reach,
        account_type=account_type,
        asset=asset,
        community=community,
        after=after,
        limit=limit + 1,
    )
    page = found[:limit]
    return page, str(page[-1].id) if len(found) > limit else None
