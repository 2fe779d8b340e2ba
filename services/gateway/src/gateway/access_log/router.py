"""`GET /me/access-log`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from chassis.resources import OpenDatabase
from gateway.access_log.browse import browse_accesses
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
    """Who looked at one's personal data, when, from where and why; newest first."""
    async with database.connection() as conn:
        return await browse_accesses(conn, session.user.id, after=cursor, limit=limit)
