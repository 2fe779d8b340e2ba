"""Hold accounts before several rounds of posting in one transaction."""

from collections.abc import Iterable
from uuid import UUID

from chassis.database import Connection
from ledger.journal import queries


async def hold_accounts(conn: Connection, ids: Iterable[UUID]) -> None:
    """Lock accounts in id order, so that later rounds cannot deadlock with other posters.

    Args:
        conn: Open transaction; the locks last until it ends.
        ids: Every account that any of the rounds may move.
    """
    await queries.lock_accounts(conn, sorted(set(ids)))
