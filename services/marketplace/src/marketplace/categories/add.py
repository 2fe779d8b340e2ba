"""Add a category."""

from datetime import datetime

from chassis.database import Connection
from chassis.ids import new_id
from chassis.operators import Office, keep_action
from chassis.outbox import emit
from chassis.tokens import Caller
from marketplace.categories import queries
from marketplace.categories.errors import CategoryTaken, UnknownCategory
from marketplace.categories.lifecycle import as_told, rebase, tidy_synonyms
from marketplace.categories.models import CategoryBody, Node


async def add_category(
    conn: Connection, operator: Caller, body: CategoryBody, *, now: datetime
) -> Node:
    """Add a category, at the root or below another.

    Args:
        conn: Open transaction; the caller commits.
        operator: Who adds it; kept with the reason.
        body: Name, parent, synonyms and reason.
        now: When.

    Raises:
        UnknownCategory: The parent is not in the tree, or the name has neither letter nor digit.
        CategoryTooDeep: The path would have too many levels or letters.
        CategoryTaken: Its path is another's.

    Emits:
        CategoryChanged on `marketplace.categories.v1`.
    """
    await queries.hold_tree(conn, alone=True)
    parent = None
    if body.parent_id is not None:
        parent = await queries.select_node(conn, body.parent_id)
        if parent is None:
            raise UnknownCategory("it is not in the tree; see GET /v1/categories", "parent_id")
    draft = Node(
        id=new_id(),
        parent_id=None,
        slug_path="",
        name="",
        names=(),
        synonyms=(),
        version=0,
        changed_at=now,
    )
    [node] = rebase([draft], parent, body.name, tidy_synonyms(body.synonyms, body.name), now)
    if await queries.is_taken(conn, node.slug_path, node.id):
        raise CategoryTaken(node.slug_path)
    await queries.insert_node(conn, node, operator.user_id)
    office = Office(str(operator.user_id), body.reason)
    await keep_action(conn, office, "category.add", f"{node.id} {node.slug_path}")
    await emit(conn, as_told(node))
    return node
