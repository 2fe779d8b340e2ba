"""HTTP edge of categories."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Operator, Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.preconditions import SeenVersion, etag_of
from chassis.service import Now, OpenDatabase
from marketplace.categories import queries
from marketplace.categories.add import add_category
from marketplace.categories.change import change_category
from marketplace.categories.lifecycle import add_up
from marketplace.categories.models import (
    CategoryBody,
    CategoryList,
    CategoryPatch,
    CategoryView,
    Node,
)

router = APIRouter(tags=["categories"])


@router.get("/categories")
async def list_categories(caller: Person, database: OpenDatabase) -> CategoryList:
    """The tree of categories, parents before children, with what is on offer in one's community."""
    async with database.connection() as conn:
        rows = await queries.select_tree(conn)
        own = await queries.select_tally(conn, caller.community)
    sums = add_up({row["id"]: row["parent_id"] for row in rows}, own)
    return CategoryList(
        categories=[
            CategoryView(
                id=row["id"],
                version=row["version"],
                parent_id=row["parent_id"],
                slug=row["slug_path"].rpartition("/")[2],
                path=row["slug_path"],
                name=row["name"],
                names=row["names"],
                synonyms=row["synonyms"],
                on_offer=sums[row["id"]],
            )
            for row in rows
        ]
    )


@router.post("/categories", status_code=201, response_model=CategoryView)
async def post_category(
    body: CategoryBody, caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Add a category. Operators only."""

    async def perform(conn: Connection) -> Answer:
        node = await add_category(conn, caller, body, now=now)
        return await _answer(conn, 201, node, caller.community)

    content = body.model_dump(mode="json")
    request = KeyedRequest(str(caller.user_id), key, "POST /v1/categories", content)
    return await answer_once(database, request, perform)


@router.patch("/categories/{category_id}", response_model=CategoryView)
async def patch_category(
    category_id: UUID,
    patch: CategoryPatch,
    caller: Operator,
    accepted: SeenVersion,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Rename or move a category with all below it, or set its synonyms. Operators only."""

    async def perform(conn: Connection) -> Answer:
        node = await change_category(conn, category_id, caller, patch, accepted=accepted, now=now)
        return await _answer(conn, 200, node, caller.community)

    content = patch.model_dump(mode="json", exclude_unset=True)
    request = KeyedRequest(str(caller.user_id), key, f"PATCH /v1/categories/{category_id}", content)
    return await answer_once(database, request, perform)


async def _answer(conn: Connection, status: int, node: Node, community: str) -> Answer:
    rows = await queries.select_tree(conn)
    own = await queries.select_tally(conn, community)
    sums = add_up({row["id"]: row["parent_id"] for row in rows}, own)
    view = CategoryView(
        id=node.id,
        version=node.version,
        parent_id=node.parent_id,
        slug=node.slug_path.rpartition("/")[2],
        path=node.slug_path,
        name=node.name,
        names=list(node.names),
        synonyms=list(node.synonyms),
        on_offer=sums[node.id],
    )
    return Answer.of(status, view.model_dump(mode="json"), etag=etag_of(node.version))
