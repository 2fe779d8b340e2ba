"""Statements of the transparency log."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from ledger.transparency.models import Recorded, SignedCheckpoint, StoredLeaf
from ledger.transparency.texts import write_texts
from ledger.transparency.tree import Node, NodeRows, Run

TRY_LOCK: Final = "SELECT pg_try_advisory_xact_lock(hashtext('ledger.transparency'), $1)"
TAKE_PENDING: Final = """
DELETE FROM transparency_pending WHERE transfer_id IN (
    SELECT transfer_id FROM transparency_pending ORDER BY transfer_id LIMIT $1
) RETURNING transfer_id
"""
SELECT_SIZE: Final = "SELECT coalesce(max(leaf_index) + 1, 0) FROM transparency_leaf"
SELECT_NODES: Final = """
SELECT n.level, n.ordinal, n.hash FROM transparency_node AS n
INNER JOIN unnest($1::smallint [], $2::bigint []) AS w (level, ordinal)
    ON w.level = n.level AND w.ordinal = n.ordinal
UNION ALL
SELECT 0, l.leaf_index, l.leaf_hash FROM transparency_leaf AS l
WHERE l.leaf_index = ANY($3::bigint [])
"""
#: Every column there is, also those of later migrations; JSON as the text that Postgres writes.
SELECT_TRANSFERS: Final = """
SELECT t.*, t.metadata::text AS metadata_text FROM transfer AS t WHERE t.id = ANY($1::uuid [])
"""
SELECT_ENTRIES: Final = "SELECT e.* FROM entry AS e WHERE e.transfer_id = ANY($1::uuid [])"
SELECT_COLUMNS: Final = """
SELECT a.attname, format_type(a.atttypid, NULL) FROM pg_attribute AS a
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
#: Leaf, salt and stored hash; the texts of the parts; whether a closer look is due, which is at
#: what is incomplete, does not sum to zero, has other times than its transfer, or has a projection.
RECHECK_LEAVES: Final = """
SELECT l.leaf_index, l.transfer_id, l.salt, l.leaf_hash,
    CASE WHEN t.id IS NOT NULL THEN concat({shown}, {separator}, {kept}, e.said) END,
    t.id IS NULL OR e.counted IS DISTINCT FROM t.entry_count OR e.total <> 0 OR NOT e.one_asset
        OR NOT e.same_times OR e.holds OR t.reverses IS NOT NULL OR t.kind ^@ 'escrow.'
        OR t.kind IN ('gift.fund', 'gift.refund', 'gift.split')
FROM transparency_leaf AS l
LEFT JOIN LATERAL (
    SELECT w.*, {posted} AS posted_text FROM transfer AS w WHERE w.id = l.transfer_id OFFSET 0
) AS t ON true
LEFT JOIN LATERAL (
    SELECT string_agg(
        concat({separator}, {moved}, {separator}, {standing}), '' ORDER BY w.position
    ) AS said, count(*) AS counted, sum(w.amount_minor) AS total,
        min(w.asset) = max(w.asset) AS one_asset, count(w.held_minor) > 0 AS holds,
        bool_and(w.posted_at = t.posted_at AND w.effective_at = t.effective_at) AS same_times
    FROM entry AS w WHERE w.transfer_id = l.transfer_id
) AS e ON true
WHERE l.leaf_index >= $1 AND l.leaf_index < $2 ORDER BY l.leaf_index
"""
#: One row a level: hashes side by side, so that a page of nodes is one value.
SELECT_RUNS: Final = """
SELECT r.level, r.start, (
    SELECT string_agg(n.hash, ''::bytea ORDER BY n.ordinal) FROM transparency_node AS n
    WHERE n.level = r.level AND n.ordinal >= r.start AND n.ordinal < r.start + r.length
) FROM unnest($1::smallint [], $2::bigint [], $3::bigint []) AS r (level, start, length)
"""
INSERT_LEAVES: Final = """
INSERT INTO transparency_leaf (leaf_index, transfer_id, salt, leaf_hash)
SELECT leaf_index, transfer_id, salt, leaf_hash
FROM unnest($1::bigint [], $2::uuid [], $3::bytea [], $4::bytea [])
    AS l (leaf_index, transfer_id, salt, leaf_hash)
"""
INSERT_NODES: Final = """
INSERT INTO transparency_node (level, ordinal, hash)
SELECT level, ordinal, hash
FROM unnest($1::smallint [], $2::bigint [], $3::bytea []) AS n (level, ordinal, hash)
"""
SELECT_LEAF: Final = """
SELECT leaf_index, transfer_id, salt, leaf_hash FROM transparency_leaf WHERE transfer_id = $1
"""
SELECT_LEAVES: Final = """
SELECT leaf_index, transfer_id, salt, leaf_hash FROM transparency_leaf
WHERE leaf_index >= $1 AND leaf_index < $2 ORDER BY leaf_index
"""
SELECT_HASHES: Final = """
SELECT leaf_hash FROM transparency_leaf
WHERE leaf_index >= $1 AND leaf_index < $2 ORDER BY leaf_index
"""
SELECT_LATEST: Final = """
SELECT size, root, note FROM transparency_checkpoint ORDER BY size DESC LIMIT 1
"""
SELECT_CHECKPOINT: Final = "SELECT size, root, note FROM transparency_checkpoint WHERE size = $1"
SELECT_CHECKPOINTS: Final = """
SELECT size, root, note FROM transparency_checkpoint WHERE size > $1 AND size <= $2
ORDER BY size LIMIT 10000
"""
INSERT_CHECKPOINT: Final = """
INSERT INTO transparency_checkpoint (size, root, note, signed_at) VALUES ($1, $2, $3, $4)
"""
INSERT_KEY: Final = """
INSERT INTO transparency_key (key, added_at) VALUES ($1, $2) ON CONFLICT DO NOTHING
"""
SELECT_KEYS: Final = "SELECT key FROM transparency_key ORDER BY added_at DESC, key"
SELECT_UNCOPIED: Final = """
SELECT size, root, note FROM transparency_checkpoint
WHERE size > (SELECT coalesce(max(size), 0) FROM transparency_copy)
ORDER BY size DESC LIMIT 1
"""
INSERT_COPY: Final = """
INSERT INTO transparency_copy (size, copied_at) VALUES ($1, $2) ON CONFLICT DO NOTHING
"""


async def try_lock(conn: Connection, work: int) -> bool:
    """Whether nobody else does this work; held until the transaction ends."""
    return bool(await conn.fetchval(TRY_LOCK, work))


async def take_pending(conn: Connection, limit: int) -> list[UUID]:
    """Take transfers that wait, in id order."""
    return sorted(row[0] for row in await conn.fetch(TAKE_PENDING, limit))


async def select_size(conn: Connection) -> int:
    """Leaves in the tree."""
    return int(await conn.fetchval(SELECT_SIZE))


async def select_nodes(conn: Connection, wanted: Sequence[Node]) -> Mapping[Node, bytes]:
    """Hashes of those wanted nodes that are there, in one read."""
    upper = [node for node in wanted if node.level]
    rows = await conn.fetch(
        SELECT_NODES,
        [node.level for node in upper],
        [node.ordinal for node in upper],
        [node.ordinal for node in wanted if not node.level],
    )
    return {Node(level, ordinal): found for level, ordinal, found in rows}


async def select_recorded(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, Recorded]:
    """Whole rows of transfers with their entries."""
    found: dict[UUID, Recorded] = {}
    for record in await conn.fetch(SELECT_TRANSFERS, ids):
        row: dict[str, Any] = dict(record)
        row["metadata"] = row.pop("metadata_text")
        found[row["id"]] = Recorded(row, [])
    for entry in await conn.fetch(SELECT_ENTRIES, ids):
        if entry["transfer_id"] in found:
            found[entry["transfer_id"]].entries.append(dict(entry))
    return found


async def select_columns(conn: Connection, table: str) -> list[tuple[str, str]]:
    """Name and type of each column of a table."""
    return [(row[0], row[1]) for row in await conn.fetch(SELECT_COLUMNS, table)]


async def prepare_recheck(conn: Connection) -> str:
    """The statement that recomputes leaves, for the columns that there are now."""
    transfer, entry = [await select_columns(conn, table) for table in ("transfer", "entry")]
    return RECHECK_LEAVES.format(**write_texts(transfer, entry))


async def select_texts(conn: Connection, statement: str, begin: int, end: int) -> Any:
    """Leaves with the texts of their parts, by the statement of `prepare_recheck`."""
    return await conn.fetch(statement, begin, end)


async def select_runs(conn: Connection, runs: Sequence[Run]) -> dict[tuple[int, int], bytes]:
    """Stored hashes of runs of nodes, each run as one value, by level and start."""
    rows = await conn.fetch(
        SELECT_RUNS,
        [run.level for run in runs],
        [run.start for run in runs],
        [len(run.hashes) for run in runs],
    )
    return {(level, start): bytes(found or b"") for level, start, found in rows}


async def insert_leaves(conn: Connection, leaves: Sequence[StoredLeaf]) -> None:
    """Write leaves at their places."""
    await conn.execute(
        INSERT_LEAVES,
        [leaf.index for leaf in leaves],
        [leaf.transfer_id for leaf in leaves],
        [leaf.salt for leaf in leaves],
        [leaf.hash for leaf in leaves],
    )


async def insert_nodes(conn: Connection, nodes: NodeRows) -> None:
    """Write perfect nodes."""
    await conn.execute(INSERT_NODES, nodes.levels, nodes.ordinals, nodes.hashes)


async def select_leaf(conn: Connection, transfer_id: UUID) -> StoredLeaf | None:
    """A transfer's leaf, when it has its place."""
    row = await conn.fetchrow(SELECT_LEAF, transfer_id)
    return StoredLeaf(*row) if row else None


async def select_leaves(conn: Connection, begin: int, end: int) -> list[StoredLeaf]:
    """Leaves `begin` up to `end`."""
    return [StoredLeaf(*row) for row in await conn.fetch(SELECT_LEAVES, begin, end)]


async def read_hashes(
    conn: Connection, begin: int, end: int, *, page: int
) -> AsyncIterator[list[bytes]]:
    """Leaf hashes `begin` up to `end`, a page at a time."""
    for start in range(begin, end, page):
        rows = await conn.fetch(SELECT_HASHES, start, min(start + page, end))
        yield [row[0] for row in rows]


async def select_latest(conn: Connection) -> SignedCheckpoint | None:
    """The newest checkpoint."""
    row = await conn.fetchrow(SELECT_LATEST)
    return SignedCheckpoint(*row) if row else None


async def select_checkpoint(conn: Connection, size: int) -> SignedCheckpoint | None:
    """The checkpoint of a size."""
    row = await conn.fetchrow(SELECT_CHECKPOINT, size)
    return SignedCheckpoint(*row) if row else None


async def select_checkpoints(conn: Connection, above: int, until: int) -> list[SignedCheckpoint]:
    """Checkpoints of sizes above one and up to another; 10,000 at most, which is also a page."""
    return [SignedCheckpoint(*row) for row in await conn.fetch(SELECT_CHECKPOINTS, above, until)]


async def insert_checkpoint(conn: Connection, made: SignedCheckpoint, at: datetime) -> None:
    """Write a checkpoint; there is one a size."""
    await conn.execute(INSERT_CHECKPOINT, made.size, made.root, made.note, at)


async def insert_keys(conn: Connection, keys: Iterable[str], at: datetime) -> None:
    """Publish public keys; those that are there stay as they are."""
    for key in keys:
        await conn.execute(INSERT_KEY, key, at)


async def select_keys(conn: Connection) -> list[str]:
    """Public keys, newest first."""
    return [row[0] for row in await conn.fetch(SELECT_KEYS)]


async def select_uncopied(conn: Connection) -> SignedCheckpoint | None:
    """The newest checkpoint, unless it lies in object storage already."""
    row = await conn.fetchrow(SELECT_UNCOPIED)
    return SignedCheckpoint(*row) if row else None


async def insert_copy(conn: Connection, size: int, at: datetime) -> None:
    """Remember that a checkpoint lies in object storage."""
    await conn.execute(INSERT_COPY, size, at)
