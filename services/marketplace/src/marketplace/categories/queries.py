"""Statements of categories."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.categories.models import Category, Node

HOLD_TREE: Final = "SELECT hold_category_tree($1)"
LOCK_BY_PATHS: Final = """
SELECT id, slug_path, names FROM category
WHERE slug_path = ANY($1::text []) ORDER BY id FOR SHARE
"""
LOCK_BY_ID: Final = "SELECT id, slug_path, names FROM category WHERE id = $1 FOR SHARE"
SELECT_TREE: Final = """
SELECT id, version, parent_id, slug_path, name, names, synonyms
FROM category ORDER BY names LIMIT 5000
"""
SELECT_TALLY: Final = """
SELECT category_id, sum(delta)::bigint AS on_offer FROM category_tally
WHERE community = $1 GROUP BY category_id
"""
SELECT_NODE: Final = """
SELECT id, parent_id, slug_path, name, names, synonyms, version, changed_at
FROM category WHERE id = $1
"""
SELECT_PAGE: Final = """
SELECT id, parent_id, slug_path, name, names, synonyms, version, changed_at
FROM category WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT $2
FOR SHARE
"""
SELECT_SUBTREE: Final = """
SELECT id, parent_id, slug_path, name, names, synonyms, version, changed_at
FROM category
WHERE slug_path = $1 OR starts_with(slug_path, $1 || '/')
ORDER BY cardinality(names), id LIMIT $2
FOR UPDATE
"""
SELECT_TAKEN: Final = "SELECT EXISTS (SELECT FROM category WHERE slug_path = $1 AND id <> $2)"
INSERT_NODE: Final = """
INSERT INTO category (
    id, parent_id, slug_path, name, names, synonyms, created_by, created_at, changed_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
"""
UPDATE_NODES: Final = """
UPDATE category SET
    parent_id = new.parent_id, slug_path = new.slug_path, name = new.name, names = new.names,
    synonyms = new.synonyms, version = new.version, changed_at = new.changed_at
FROM jsonb_populate_recordset(NULL::category, $1) AS new
WHERE category.id = new.id
"""
FOLD_TALLY: Final = "SELECT fold_category_tally($1)"
INSERT_LEVEL: Final = """
INSERT INTO category (parent_id, slug_path, name, names, created_by)
SELECT
    parent.id,
    wanted.slug_path,
    wanted.name,
    coalesce(parent.names, '{}') || wanted.name,
    $4
FROM unnest($1::text [], $2::text [], $3::text []) AS wanted (slug_path, parent_path, name)
LEFT JOIN category AS parent ON wanted.parent_path = parent.slug_path
WHERE wanted.parent_path = '' OR parent.id IS NOT NULL
ORDER BY wanted.slug_path
ON CONFLICT (slug_path) DO NOTHING
RETURNING id, parent_id, slug_path, name, names, synonyms, version, changed_at
"""


def _category(row: Any) -> Category:
    return Category(row["id"], row["slug_path"], tuple(row["names"]))


def _node(row: Any) -> Node:
    return Node(
        id=row["id"],
        parent_id=row["parent_id"],
        slug_path=row["slug_path"],
        name=row["name"],
        names=tuple(row["names"]),
        synonyms=tuple(row["synonyms"]),
        version=row["version"],
        changed_at=row["changed_at"],
    )


async def hold_tree(conn: Connection, *, alone: bool) -> None:
    """Keep others from changing the tree meanwhile; not `alone`, others may add to it."""
    await conn.execute(HOLD_TREE, alone)


async def lock_by_paths(conn: Connection, slug_paths: Sequence[str]) -> dict[str, Category]:
    """The categories that are there, by slug path; none moves before the transaction ends."""
    rows = await conn.fetch(LOCK_BY_PATHS, list(slug_paths))
    return {row["slug_path"]: _category(row) for row in rows}


async def lock_by_id(conn: Connection, category_id: UUID) -> Category | None:
    """The category with this id, which does not move before the transaction ends."""
    row = await conn.fetchrow(LOCK_BY_ID, category_id)
    return _category(row) if row else None


async def select_tree(conn: Connection) -> list[Any]:
    """All categories, parents before children."""
    rows: list[Any] = await conn.fetch(SELECT_TREE)
    return rows


async def select_tally(conn: Connection, community: str) -> dict[UUID, int]:
    """How many items of a community are on offer in each category itself."""
    rows = await conn.fetch(SELECT_TALLY, community)
    return {row["category_id"]: row["on_offer"] for row in rows}


async def select_node(conn: Connection, category_id: UUID) -> Node | None:
    """A category with all of it."""
    row = await conn.fetchrow(SELECT_NODE, category_id)
    return _node(row) if row else None


async def select_page(conn: Connection, after: UUID | None, limit: int) -> list[Node]:
    """Categories in the order of their ids, locked so that none changes before it is told."""
    return [_node(row) for row in await conn.fetch(SELECT_PAGE, after, limit)]


async def lock_subtree(conn: Connection, slug_path: str, limit: int) -> list[Node]:
    """A category and all below it, upper ones first, locked."""
    return [_node(row) for row in await conn.fetch(SELECT_SUBTREE, slug_path, limit)]


async def is_taken(conn: Connection, slug_path: str, but: UUID) -> bool:
    """Whether another category has this path."""
    taken: bool = await conn.fetchval(SELECT_TAKEN, slug_path, but)
    return taken


async def insert_node(conn: Connection, node: Node, by_id: UUID) -> None:
    """Add a category."""
    await conn.execute(
        INSERT_NODE,
        node.id,
        node.parent_id,
        node.slug_path,
        node.name,
        list(node.names),
        list(node.synonyms),
        by_id,
        node.changed_at,
    )


async def update_nodes(conn: Connection, nodes: Sequence[Node]) -> None:
    """Write changed categories, which are locked."""
    await conn.execute(UPDATE_NODES, [asdict(node) for node in nodes])


async def fold_tally(conn: Connection, rows_max: int) -> int:
    """Add up rows of the tally; returns how many there were."""
    folded: int = await conn.fetchval(FOLD_TALLY, rows_max)
    return folded


async def insert_level(
    conn: Connection, level: Sequence[tuple[str, str, str]], by_id: UUID
) -> list[Node]:
    """Add categories of one depth: slug path, parent's path ('' at the root) and name.

    Returns:
        Those that were not there yet.
    """
    paths, parents, names = zip(*level, strict=True)
    rows = await conn.fetch(INSERT_LEVEL, list(paths), list(parents), list(names), by_id)
    return [_node(row) for row in rows]
