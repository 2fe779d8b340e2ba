"""Recompute a range of leaves from the books, and hold each against its stored hash."""

from uuid import UUID

from chassis.database import Connection
from ledger.transparency import queries
from ledger.transparency.models import Rechecked
from ledger.transparency.rehash import rehash_leaf


async def recheck_leaves(
    conn: Connection, begin: int, end: int, *, statement: str | None = None
) -> Rechecked:
    """Leaves `begin` up to `end` as the books tell them now.

    Args:
        conn: Any connection.
        begin: First leaf.
        end: One past the last.
        statement: Of an earlier range, good as long as no migration runs.

    Returns:
        Stored hashes, what differs, and which transfers a closer look is due at.
    """
    statement = statement or await queries.prepare_recheck(conn)
    hashes: list[bytes] = []
    altered: list[tuple[int, UUID, str]] = []
    suspects: list[UUID] = []
    for index, transfer_id, salt, stored, said, suspect in await queries.select_texts(
        conn, statement, begin, end
    ):
        if index != begin + len(hashes):
            break
        hashes.append(stored)
        if suspect:
            suspects.append(transfer_id)
        if said is None:
            altered.append((index, transfer_id, "a signed transfer is gone"))
        elif rehash_leaf(said, salt) != stored:
            altered.append((index, transfer_id, "a transfer was changed after it was signed"))
    return Rechecked(begin, hashes, altered, suspects, statement)
