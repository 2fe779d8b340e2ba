"""Read what the accounts of a group had together."""

from uuid import UUID

from chassis.context import look
from chassis.database import Connection
from ledger.groups import queries
from ledger.groups.errors import OthersInGroup
from ledger.groups.models import GroupFigure, Moments
from ledger.groups.read import read_group
from ledger.reach import Reach


async def read_group_balance(
    conn: Connection, group_id: UUID, at: Moments, *, reach: Reach, viewer: UUID
) -> list[GroupFigure]:
    """One figure an asset, by what was effective at one time, as far as it was known at another.

    All accounts are read in one snapshot: a transfer between two of them is in it whole or not at
    all, so that it never changes the sum.

    Args:
        conn: Any connection.
        group_id: Which.
        at: The times, of entries and of members.
        reach: Whose accounts they may see.
        viewer: Who asks: their own groups they see.

    Raises:
        NoSuchGroup: There is none, or it is somebody else's.
        OthersInGroup: Somebody's account is in it whom the viewer may not see.

    Source:
        docs/decisions/0020-groups-are-read-in-one-snapshot.md
    """
    await read_group(conn, group_id, reach=reach, viewer=viewer)
    figures = await queries.select_figures(conn, group_id, at, reach)
    if reach.has_power:
        look(*await queries.select_owners(conn, group_id))
    if any(one.beyond for one in figures):
        raise OthersInGroup("only operators look at other people's accounts")
    return figures
