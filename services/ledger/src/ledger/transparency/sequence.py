"""Give transfers that wait their places in the tree."""

from collections.abc import Callable
from typing import Final

from chassis.database import Connection
from ledger.transparency import queries
from ledger.transparency.errors import HistoryAltered
from ledger.transparency.leaf import SALT_BYTES, encode_leaf
from ledger.transparency.models import StoredLeaf
from ledger.transparency.tree import Frontier, node_rows, perfect_nodes

SEQUENCING: Final = 1


async def sequence_transfers(
    conn: Connection, *, batch_max: int, random_bytes: Callable[[int], bytes]
) -> int:
    """Append a batch of transfers to the tree.

    What waits is taken by itself, not by a cursor: a transfer that is committed late is taken
    late, and none is overtaken. A second sequencer finds the lock taken, and the places too.

    Args:
        conn: Open transaction; the caller commits.
        batch_max: At most this many.
        random_bytes: Makes salts.

    Returns:
        How many were appended; none if somebody else is at it.

    Raises:
        HistoryAltered: A transfer that waited is gone.

    Source:
        docs/concepts/transparency.md, "The tree"
    """
    if not await queries.try_lock(conn, SEQUENCING):
        return 0
    ids = await queries.take_pending(conn, batch_max)
    if not ids:
        return 0
    size = await queries.select_size(conn)
    frontier = Frontier.restore(size, await queries.select_nodes(conn, perfect_nodes(0, size)))
    recorded = await queries.select_recorded(conn, ids)
    leaves = []
    for index, transfer_id in enumerate(ids, size):
        if transfer_id not in recorded:
            raise HistoryAltered("a transfer is gone that waited", transfer_id=transfer_id)
        salt = random_bytes(SALT_BYTES)
        found = recorded[transfer_id]
        leaf = encode_leaf(found.transfer, found.entries, salt=salt)
        leaves.append(StoredLeaf(index, transfer_id, salt, leaf.hash()))
    runs = frontier.extend(leaf.hash for leaf in leaves)
    await queries.insert_leaves(conn, leaves)
    await queries.insert_nodes(conn, node_rows(runs, min_level=1))
    return len(leaves)
