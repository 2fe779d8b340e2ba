"""Rename or move a category, or say what else it is called."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.operators import Office, keep_action
from chassis.outbox import emit
from chassis.preconditions import require_version
from chassis.timers import set_timer
from chassis.tokens import Caller
from marketplace.categories import queries
from marketplace.categories.errors import (
    CategoryTaken,
    NoSuchCategory,
    SubtreeTooLarge,
    UnknownCategory,
)
from marketplace.categories.lifecycle import as_told, rebase, tidy_synonyms
from marketplace.categories.models import CategoryPatch, Node

#: Timer: the items below a category are told anew; its key is the category.
RETELL: Final = "categories.retell"
#: Categories that one change takes along.
SUBTREE_MAX: Final = 1000


async def change_category(
    conn: Connection,
    category_id: UUID,
    operator: Caller,
    patch: CategoryPatch,
    *,
    accepted: frozenset[int] | None,
    now: datetime,
) -> Node:
    """Change a category; its subtree goes with it. What it says already changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        category_id: Which.
        operator: Who changes it; kept with the reason.
        patch: The fields to change, and why.
        accepted: Versions that the operator has seen; None for any.
        now: When.

    Raises:
        NoSuchCategory: It is not in the tree.
        StaleVersion: The operator saw another version.
        UnknownCategory: The new parent is not in the tree, or the name makes no slug.
        CategoryCircle: The new parent is in the subtree.
        CategoryTooDeep: A path would have too many levels or letters.
        CategoryTaken: The new path is another's.
        SubtreeTooLarge: Too many categories would change at once.

    Emits:
        CategoryChanged on `marketplace.categories.v1` for each that is different now; the items
        below are told anew by a timer.
    """
    await queries.hold_tree(conn, alone=True)
    found = await queries.select_node(conn, category_id)
    if found is None:
        raise NoSuchCategory(category_id)
    subtree = await queries.lock_subtree(conn, found.slug_path, SUBTREE_MAX + 1)
    if len(subtree) > SUBTREE_MAX:
        raise SubtreeTooLarge(SUBTREE_MAX)
    root = subtree[0]
    require_version(root.version, accepted)
    changes = patch.changes()
    parent_id = changes.get("parent_id", root.parent_id)
    parent = None if parent_id is None else await queries.select_node(conn, parent_id)
    if parent_id is not None and parent is None:
        raise UnknownCategory("it is not in the tree; see GET /v1/categories", "parent_id")
    name = changes.get("name", root.name)
    synonyms = tidy_synonyms(changes.get("synonyms", root.synonyms), name)
    changed = rebase(subtree, parent, name, synonyms, now)
    if not changed:
        return root
    if await queries.is_taken(conn, changed[0].slug_path, root.id):
        raise CategoryTaken(changed[0].slug_path)
    await queries.update_nodes(conn, changed)
    office = Office(str(operator.user_id), patch.reason)
    told = f"{root.id} {root.slug_path} -> {changed[0].slug_path}"[:500]
    await keep_action(conn, office, "category.change", told)
    act = Act(
        "category.changed",
        "category",
        str(root.id),
        before=_seen(root),
        after=_seen(changed[0]),
        reason=patch.reason,
    )
    await record_acts(conn, act)
    await emit(conn, *(as_told(node) for node in changed))
    if changed[0].names != root.names:
        await set_timer(conn, RETELL, str(root.id), now)
    return changed[0]


def _seen(node: Node) -> dict[str, Any]:
    """What of a category is different after a change."""
    return {
        "path": node.slug_path,
        "name": node.name,
        "synonyms": list(node.synonyms),
        "version": node.version,
    }
