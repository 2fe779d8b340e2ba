"""Page through the accounts of a group."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.accounts.look_at import look_at_accounts
from ledger.groups import queries
from ledger.groups.models import Member
from ledger.groups.read import read_group
from ledger.reach import Reach


async def browse_members(
    conn: Connection,
    group_id: UUID,
    *,
    reach: Reach,
    viewer: UUID,
    past: bool = False,
    after: tuple[UUID, datetime] | None = None,
    limit: int,
) -> tuple[list[Member], tuple[UUID, datetime] | None]:
    """A page of a group's accounts in id order, and where the next begins.

    Args:
        conn: Any connection.
        group_id: Which group.
        reach: Only if the group is in it.
        viewer: Who asks: their own they see.
        past: Those that have left, too.
        after: Account and time of the last member of the page before.
        limit: At most this many.

    Raises:
        NoSuchGroup: There is none, or it is somebody else's.
    """
    await read_group(conn, group_id, reach=reach, viewer=viewer)
    found = await queries.select_members(conn, group_id, past=past, after=after, limit=limit + 1)
    page = found[:limit]
    if reach.has_power:
        await look_at_accounts(conn, [one.account_id for one in page])
    last = page[-1] if len(found) > limit else None
    return page, (last.account_id, last.added_at) if last else None
