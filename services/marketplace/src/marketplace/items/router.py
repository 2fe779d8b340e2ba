"""HTTP edge of items."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.preconditions import SeenVersion, etag_of
from chassis.service import Now, OpenDatabase
from contracts.marketplace import ItemKind, ItemStatus, Pricing
from marketplace.categories.grow import grow_categories
from marketplace.categories.lifecycle import read_path, slug_path_of
from marketplace.items import queries
from marketplace.items.change import change_item
from marketplace.items.check import check_rows
from marketplace.items.create import create_item
from marketplace.items.load import load_items
from marketplace.items.models import Filters
from marketplace.items.requests import CategoryName, ImportBody, ItemBody, ItemPatch
from marketplace.items.show import show_item
from marketplace.items.views import ImportReport, ItemPage, ItemView, report_of, view_item
from marketplace.paging import Cursor, Limit, write_cursor

router = APIRouter(tags=["items"])


@router.post("/items", status_code=201, response_model=ItemView)
async def post_item(
    body: ItemBody, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Offer something: as a draft, or at once."""

    async def perform(conn: Connection) -> Answer:
        item = await create_item(conn, caller, body, now=now)
        shown, name = await show_item(conn, item.id, caller)
        view = view_item(shown, name, caller.user_id)
        return Answer.of(
            201,
            view.model_dump(mode="json"),
            location=f"/v1/items/{item.id}",
            etag=etag_of(item.version),
        )

    request = KeyedRequest(str(caller.user_id), key, "POST /v1/items", body.coarse())
    return await answer_once(database, request, perform)


@router.post("/items/import", response_model=ImportReport)
async def import_items(
    body: ImportBody, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Create or update up to 500 items by `external_ref`; each row gets its own verdict."""
    checked = check_rows(body.items)
    # New categories in a transaction of their own: parallel imports would wait for each other.
    async with database.transaction() as conn:
        await grow_categories(conn, set(checked.paths.values()), by_id=caller.user_id)

    async def perform(conn: Connection) -> Answer:
        rows = await load_items(conn, caller, checked, now=now)
        return Answer.of(200, report_of(rows).model_dump(mode="json"))

    content = {"items": checked.digest()}
    request = KeyedRequest(str(caller.user_id), key, "POST /v1/items/import", content)
    return await answer_once(database, request, perform)


async def _read_filters(
    status: Annotated[ItemStatus | None, Query(description="With `mine` only")] = None,
    kind: ItemKind | None = None,
    pricing: Pricing | None = None,
    category: Annotated[
        CategoryName | None, Query(description="A slug path; its subtree is listed")
    ] = None,
) -> Filters:
    path = None if category is None else slug_path_of(read_path(category))
    return Filters(status=status, kind=kind, pricing=pricing, slug_path=path)


@router.get("/items")
async def list_items(
    caller: Person,
    database: OpenDatabase,
    cursor: Cursor,
    filters: Annotated[Filters, Depends(_read_filters)],
    *,
    mine: bool = False,
    limit: Limit = 20,
) -> ItemPage:
    """What is on offer in the community, or with `mine` all of one's own, newest first."""
    async with database.connection() as conn:
        if mine:
            found = await queries.select_own_page(
                conn, caller.user_id, filters, after=cursor, limit=limit + 1
            )
        else:
            found = await queries.select_shown_page(
                conn, caller.community, filters, after=cursor, limit=limit + 1
            )
    page = found[:limit]
    return ItemPage(
        items=[view_item(item, name, caller.user_id) for item, name in page],
        next_cursor=write_cursor(page[-1][0].id) if len(found) > limit else None,
    )


@router.get("/items/{item_id}")
async def get_item(
    item_id: UUID, caller: Person, database: OpenDatabase, response: Response
) -> ItemView:
    """An item, with its version as `ETag`."""
    async with database.connection() as conn:
        item, name = await show_item(conn, item_id, caller)
    response.headers["ETag"] = etag_of(item.version)
    return view_item(item, name, caller.user_id)


@router.patch("/items/{item_id}", response_model=ItemView)
async def patch_item(
    item_id: UUID,
    patch: ItemPatch,
    caller: Person,
    accepted: SeenVersion,
    database: OpenDatabase,
    now: Now,
    key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=128)] = None,
) -> Response:
    """Change one's own item, as it was seen: `If-Match` names its version, `*` takes any."""

    async def perform(conn: Connection) -> Answer:
        item = await change_item(conn, item_id, caller.user_id, patch, accepted=accepted, now=now)
        _, name = await show_item(conn, item_id, caller)
        view = view_item(item, name, caller.user_id)
        return Answer.of(200, view.model_dump(mode="json"), etag=etag_of(item.version))

    if key is None:
        async with database.transaction() as conn:
            answer = await perform(conn)
        return answer.response()
    route = f"PATCH /v1/items/{item_id}"
    request = KeyedRequest(str(caller.user_id), key, route, patch.coarse())
    return await answer_once(database, request, perform)
