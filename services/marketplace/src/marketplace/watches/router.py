"""HTTP edge of watch lists."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from marketplace.items.gather import gather_items
from marketplace.paging import Cursor, Limit, write_cursor
from marketplace.watches import queries
from marketplace.watches.models import WatchPage, WatchState, WatchView
from marketplace.watches.watch import watch_item

router = APIRouter(tags=["watches"])


@router.put("/items/{item_id}/watch", response_model=WatchState)
async def put_watch(
    item_id: UUID, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Be told when an item gets cheaper than it is now, or is sold."""

    async def perform(conn: Connection) -> Answer:
        await watch_item(conn, item_id, caller, now=now)
        return _state(item_id, watched=True)

    request = KeyedRequest(str(caller.user_id), key, f"PUT /v1/items/{item_id}/watch", {})
    return await answer_once(database, request, perform)


@router.delete("/items/{item_id}/watch", response_model=WatchState)
async def delete_watch(
    item_id: UUID, caller: Person, key: IdempotencyKey, database: OpenDatabase
) -> Response:
    """Watch an item no longer; one that is not watched is fine."""

    async def perform(conn: Connection) -> Answer:
        await queries.delete_watch(conn, item_id, caller.user_id)
        return _state(item_id, watched=False)

    request = KeyedRequest(str(caller.user_id), key, f"DELETE /v1/items/{item_id}/watch", {})
    return await answer_once(database, request, perform)


@router.get("/watches")
async def list_watches(
    caller: Person, database: OpenDatabase, cursor: Cursor, limit: Limit = 20
) -> WatchPage:
    """Items that one watches, the newest listings first."""
    async with database.connection() as conn:
        found = await queries.select_page(conn, caller.user_id, cursor, limit + 1)
        page = found[:limit]
        items = await gather_items(conn, [item_id for item_id, _ in page], caller)
    return WatchPage(
        watches=[
            WatchView(item_id=item_id, watched_at=at, item=items.get(item_id))
            for item_id, at in page
        ],
        next_cursor=write_cursor(page[-1][0]) if len(found) > limit else None,
    )


def _state(item_id: UUID, *, watched: bool) -> Answer:
    return Answer.of(200, WatchState(item_id=item_id, watched=watched).model_dump(mode="json"))
