"""HTTP edge of items."""

import hashlib
import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.preconditions import IfMatch, etag_of
from chassis.service import Now, OpenDatabase
from contracts.marketplace import ItemStatus
from marketplace.categories.grow import grow_categories
from marketplace.categories.lifecycle import read_path, slug_path_of
from marketplace.items import queries
from marketplace.items.change import change_item
from marketplace.items.check import check_rows
from marketplace.items.create import create_item
from marketplace.items.load import load_items
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

    content = body.model_dump(mode="json")
    request = KeyedRequest(str(caller.user_id), key, "POST /v1/items", content)
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

    # Rows are unchecked: JSON may hold integers and text that a stricter writer refuses.
    digest = hashlib.sha256(json.dumps(body.items, sort_keys=True).encode()).hexdigest()
    request = KeyedRequest(str(caller.user_id), key, "POST /v1/items/import", {"items": digest})
    return await answer_once(database, request, perform)


@router.get("/items")
async def list_items(
    caller: Person,
    database: OpenDatabase,
    cursor: Cursor,
    *,
    mine: bool = False,
    status: Annotated[ItemStatus | None, Query(description="With `mine` only")] = None,
    category: Annotated[
        CategoryName | None, Query(description="A slug path; its subtree is listed")
    ] = None,
    limit: Limit = 20,
) -> ItemPage:
    """What is on offer in the community, or with `mine` all of one's own, newest first."""
    async with database.connection() as conn:
        if mine:
            found = await queries.select_own_page(conn, caller.user_id, status, cursor, limit + 1)
        else:
            path = None if category is None else slug_path_of(read_path(category))
            found = await queries.select_shown_page(conn, caller.community, path, cursor, limit + 1)
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
    accepted: IfMatch,
    database: OpenDatabase,
    now: Now,
    key: Annotated[str | None, Header(alias="Idempotency-Key", max_length=128)] = None,
) -> Response:
    """Change one's own item. `If-Match` with the version seen refuses to overwrite a newer one."""

    async def perform(conn: Connection) -> Answer:
        item = await change_item(conn, item_id, caller.user_id, patch, accepted=accepted, now=now)
        _, name = await show_item(conn, item_id, caller)
        view = view_item(item, name, caller.user_id)
        return Answer.of(200, view.model_dump(mode="json"), etag=etag_of(item.version))

    if key is None:
        async with database.transaction() as conn:
            answer = await perform(conn)
        return answer.response()
    content: dict[str, Any] = patch.model_dump(mode="json", exclude_unset=True)
    request = KeyedRequest(str(caller.user_id), key, f"PATCH /v1/items/{item_id}", content)
    return await answer_once(database, request, perform)
