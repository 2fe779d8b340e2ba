"""`GET /me/access-log`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.resources import OpenDatabase
from gateway.access_log import queries
from gateway.access_log.models import AccessPage
from gateway.sessions.access import LoggedIn

router = APIRouter(tags=["vault"])


@router.get("/me/access-log")
async def list_accesses(
    session: LoggedIn,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AccessPage:
    """Who looked at one's personal data, when and why; newest first."""
    async with database.connection() as conn:
        found = await queries.select_accesses(conn, session.user.id, cursor, limit + 1)
    page = list(found[:limit])
    return AccessPage(accesses=page, next_cursor=page[-1].id if len(found) > limit else None)
