"""Make a group."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from ledger.groups import queries
from ledger.groups.errors import TooManyGroups
from ledger.groups.models import GROUPS_MAX, CreateGroup, Group


async def create_group(
    conn: Connection, wish: CreateGroup, *, group_id: UUID, owner: UUID, now: datetime
) -> Group:
    """Make a group without accounts.

    Args:
        conn: Open transaction; the caller commits.
        wish: Its name.
        group_id: UUIDv7, new for this wish.
        owner: Whose it is.
        now: The clock's time.

    Raises:
        TooManyGroups: They have as many as anybody may have.
    """
    if await queries.count_groups(conn, owner) >= GROUPS_MAX:
        raise TooManyGroups(f"you have {GROUPS_MAX} already", limit=GROUPS_MAX)
    made = Group(group_id, owner, wish.name, now, 1, 0)
    await queries.insert_group(conn, made)
    return made
