"""Statements of categories."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from marketplace.categories.models import Category

SELECT_BY_PATHS: Final = """
SELECT id, slug_path, names FROM category WHERE slug_path = ANY($1::text [])
"""
SELECT_BY_ID: Final = "SELECT id, slug_path, names FROM category WHERE id = $1"
SELECT_TREE: Final = """
SELECT id, parent_id, slug_path, name, names FROM category ORDER BY names LIMIT 5000
"""
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
"""


def _category(row: Any) -> Category:
    return Category(row["id"], row["slug_path"], tuple(row["names"]))


async def select_by_paths(conn: Connection, slug_paths: Sequence[str]) -> dict[str, Category]:
    """The categories that are there, by slug path."""
    rows = await conn.fetch(SELECT_BY_PATHS, list(slug_paths))
    return {row["slug_path"]: _category(row) for row in rows}


async def select_by_id(conn: Connection, category_id: UUID) -> Category | None:
    """The category with this id."""
    row = await conn.fetchrow(SELECT_BY_ID, category_id)
    return _category(row) if row else None


async def select_tree(conn: Connection) -> list[Any]:
    """All categories, parents before children."""
    rows: list[Any] = await conn.fetch(SELECT_TREE)
    return rows


async def insert_level(
    conn: Connection, level: Sequence[tuple[str, str, str]], by_id: UUID
) -> None:
    """Add categories of one depth: slug path, parent's path ('' at the root) and name."""
    paths, parents, names = zip(*level, strict=True)
    await conn.execute(INSERT_LEVEL, list(paths), list(parents), list(names), by_id)
