"""HTTP edge of reindexing. Operators only."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from chassis.access import Operator
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.problems import Missing
from chassis.resources import Now, OpenDatabase
from search.reindexing import queries
from search.reindexing.begin import begin_reindexing
from search.reindexing.models import Cause, Reindexing, State

router = APIRouter(tags=["search"])

POST_REINDEXINGS: Final = "POST /v1/search/reindexings"


class ReindexingAnswer(BaseModel):
    """An index that is being made, and how far it is."""

    id: UUID
    cause: Cause
    state: State
    index: str
    read: int
    total: int
    documents: int
    detail: str
    started_at: datetime
    changed_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, one: Reindexing) -> "ReindexingAnswer":
        """As a client sees it."""
        return cls(
            id=one.reindexing_id,
            cause=one.cause,
            state=one.state,
            index=one.index_name,
            read=one.total - one.behind,
            total=one.total,
            documents=one.documents,
            detail=one.detail,
            started_at=one.started_at,
            changed_at=one.changed_at,
            ended_at=one.ended_at,
        )


class ReindexingsAnswer(BaseModel):
    """The newest first."""

    reindexings: list[ReindexingAnswer]


@router.post("/search/reindexings", status_code=202, response_model=ReindexingAnswer)
async def reindex(
    caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Make the index anew from all that was ever told, while the old one serves.

    One is made at a time: while one is open, that is the answer.
    """

    async def perform(conn: Connection) -> Answer:
        one = await begin_reindexing(
            conn, "asked", reindexing_id=new_id(), now=now, by=caller.user_id
        )
        content = ReindexingAnswer.of(one).model_dump(mode="json")
        return Answer.of(202, content, Location=f"/v1/search/reindexings/{one.reindexing_id}")

    request = KeyedRequest(str(caller.user_id), key, POST_REINDEXINGS, {})
    return await answer_once(database, request, perform)


@router.get("/search/reindexings")
async def list_reindexings(
    caller: Operator,  # noqa: ARG001 - asked for the role only
    database: OpenDatabase,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ReindexingsAnswer:
    """Indices that were made, and the one that is being made."""
    async with database.connection() as conn:
        found = await queries.select_reindexings(conn, None, limit)
    return ReindexingsAnswer(reindexings=[ReindexingAnswer.of(one) for one in found])


@router.get("/search/reindexings/{reindexing_id}")
async def get_reindexing(
    reindexing_id: UUID,
    caller: Operator,  # noqa: ARG001 - asked for the role only
    database: OpenDatabase,
) -> ReindexingAnswer:
    """How far an index is."""
    async with database.connection() as conn:
        found = await queries.select_reindexings(conn, reindexing_id, 1)
    if not found:
        raise Missing(f"there is no reindexing {reindexing_id}")
    return ReindexingAnswer.of(found[0])
