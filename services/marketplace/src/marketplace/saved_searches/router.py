"""HTTP edge of saved searches."""

from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from marketplace.saved_searches import queries
from marketplace.saved_searches.errors import NoSuchSavedSearch
from marketplace.saved_searches.lifecycle import view_search
from marketplace.saved_searches.models import (
    SEARCHES_MAX,
    DeletedSearch,
    SavedSearchList,
    SavedSearchView,
    SearchBody,
)
from marketplace.saved_searches.save import save_search

router = APIRouter(tags=["saved searches"])


@router.post("/saved-searches", status_code=201, response_model=SavedSearchView)
async def post_saved_search(
    body: SearchBody, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Be told of items that come on offer and match."""

    async def perform(conn: Connection) -> Answer:
        search = await save_search(conn, caller, body, now=now)
        return Answer.of(201, view_search(search).model_dump(mode="json"))

    content = body.model_dump(mode="json")
    request = KeyedRequest(str(caller.user_id), key, "POST /v1/saved-searches", content)
    return await answer_once(database, request, perform)


@router.get("/saved-searches")
async def list_saved_searches(caller: Person, database: OpenDatabase) -> SavedSearchList:
    """All searches that one has saved, newest first, and how many one may save."""
    async with database.connection() as conn:
        found = await queries.select_own(conn, caller.user_id, SEARCHES_MAX)
    return SavedSearchList(
        saved_searches=[view_search(search) for search in found], limit=SEARCHES_MAX
    )


@router.delete("/saved-searches/{search_id}", response_model=DeletedSearch)
async def delete_saved_search(
    search_id: UUID, caller: Person, key: IdempotencyKey, database: OpenDatabase
) -> Response:
    """Forget a search, with what it has found and not told yet."""

    async def perform(conn: Connection) -> Answer:
        if not await queries.delete_own(conn, search_id, caller.user_id):
            raise NoSuchSavedSearch(search_id)
        return Answer.of(200, {"id": str(search_id), "deleted": True})

    route = f"DELETE /v1/saved-searches/{search_id}"
    return await answer_once(database, KeyedRequest(str(caller.user_id), key, route, {}), perform)
