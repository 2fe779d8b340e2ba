"""Begin an import, or find it again."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.ids import new_id
from chassis.problems import Forbidden
from ledger.histories import queries
from ledger.histories.errors import OtherContent
from ledger.histories.models import BeginImport, HistoryImport
from ledger.reach import EVERYTHING, Reach


async def begin_import(
    conn: Connection,
    wish: BeginImport,
    *,
    content_hash: bytes | None,
    started_by: UUID | None,
    reach: Reach = EVERYTHING,
    now: datetime,
) -> HistoryImport:
    """The import of a name; it says how many rows are done.

    Args:
        conn: Open transaction; the caller commits.
        wish: Name, kind and community.
        content_hash: SHA-256 of the file, where there is one.
        started_by: The operator behind it.
        reach: Where they bring in history.
        now: The clock's time.

    Returns:
        The import. A repeat begins none.

    Raises:
        Forbidden: The community is beyond the reach.
        OtherContent: The name belongs to another file, kind or community.
    """
    if not reach.covers(None, wish.community):
        raise Forbidden(
            f"say community: {reach.community}; for others this needs the role ADMIN",
            needs=["ADMIN"],
        )
    wanted = HistoryImport(
        new_id(), wish.name, wish.kind, wish.community, content_hash, started_by, now, 0, 0, 0
    )
    await queries.insert_import(conn, wanted)
    begun = await queries.select_named(conn, wish.name) or wanted
    if (begun.kind, begun.community, begun.content_hash) != (
        wish.kind,
        wish.community,
        content_hash,
    ):
        raise OtherContent(
            f"{wish.name} was begun {begun.started_at:%Y-%m-%d %H:%M} with other content"
        )
    return begun
