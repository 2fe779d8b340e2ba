"""Make sure that paths are in the tree."""

from collections.abc import Collection
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from marketplace.categories import queries
from marketplace.categories.lifecycle import as_told, slug_path_of
from marketplace.categories.models import Category


async def grow_categories(
    conn: Connection, paths: Collection[tuple[str, ...]], *, by_id: UUID
) -> dict[tuple[str, ...], Category]:
    """Find many categories, adding those that are missing and their parents.

    Args:
        conn: Open transaction; the caller commits.
        paths: Names from the root, as `read_path` gives them.
        by_id: Who adds them.

    Returns:
        The category of each path. Names that make the same slugs are one category.

    Emits:
        CategoryChanged on `marketplace.categories.v1` for each that was added.
    """
    slugs = {path: slug_path_of(path) for path in paths}
    found = await queries.lock_by_paths(conn, sorted(set(slugs.values())))
    missing = [path for path in paths if slugs[path] not in found]
    if missing:
        await queries.hold_tree(conn, alone=False)
    for depth in range(1, max(map(len, missing), default=0) + 1):
        level = {slug_path_of(path[:depth]): path for path in missing if len(path) >= depth}
        rows = [
            (slug_path, slug_path.rpartition("/")[0], path[depth - 1])
            for slug_path, path in sorted(level.items())
        ]
        added = await queries.insert_level(conn, rows, by_id)
        await emit(conn, *(as_told(node) for node in added))
    if missing:
        found = await queries.lock_by_paths(conn, sorted(set(slugs.values())))
    return {path: found[slug] for path, slug in slugs.items()}
