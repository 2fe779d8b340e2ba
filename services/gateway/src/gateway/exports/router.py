"""HTTP edge of exports: asked for by a strengthened session, fetched by nobody else."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ordered_files import OrderedFile, add_link, describe_order
from chassis.resources import Now, OpenDatabase, OpenResources
from chassis.tasks import Task, browse_tasks, find_task
from gateway.exports.errors import NoSuchExport
from gateway.exports.order import KIND, order_export
from gateway.sessions.access import Fresh, LoggedIn

router = APIRouter(tags=["exports"])


class ExportView(OrderedFile):
    """An export; `url` is there when it is DONE, for a strengthened session, and ends soon."""

    parts_done: int
    parts: int | None
    bytes: int | None
    lines: int | None
    pictures: int | None


class ExportList(BaseModel):
    """One's own exports, the newest first."""

    model_config = ConfigDict(frozen=True)

    exports: list[ExportView]
    next_cursor: UUID | None


@router.post("/me/export", status_code=202, response_model=ExportView)
async def ask_for_export(
    session: Fresh, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Have all that is kept of you gathered in one file. `GET` it by its id until it is DONE."""
    user_id = session.user.id

    async def perform(conn: Connection) -> Answer:
        task = await order_export(conn, user_id, now=now)
        content = _view(task).model_dump(mode="json")
        return Answer.of(202, content, Location=f"/v1/me/exports/{task.id}")

    return await answer_once(
        database, KeyedRequest(str(user_id), key, "POST /v1/me/export", {}), perform
    )


@router.get("/me/exports")
async def list_exports(
    session: LoggedIn,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ExportList:
    """Your exports and how far they are, the newest first."""
    async with database.connection() as conn:
        page = await browse_tasks(conn, KIND, session.user.id, after=cursor, limit=limit + 1)
    following = page[limit - 1].id if len(page) > limit else None
    return ExportList(exports=[_view(task) for task in page[:limit]], next_cursor=following)


@router.get("/me/exports/{export_id}")
async def get_export(
    export_id: UUID,
    session: Fresh,
    database: OpenDatabase,
    resources: OpenResources,
    response: Response,
) -> ExportView:
    """How far it is, and where to fetch it. Nobody else's."""
    response.headers["Cache-Control"] = "no-store"
    async with database.connection() as conn:
        task = await find_task(conn, export_id, KIND, session.user.id)
    if task is None:
        raise NoSuchExport("there is none of yours with this id")
    return await add_link(_view(task), task, resources)


def _view(task: Task) -> ExportView:
    result = task.result or {}
    return ExportView(
        **describe_order(task),
        parts_done=task.done,
        parts=task.total,
        bytes=result.get("bytes"),
        lines=result.get("lines"),
        pictures=result.get("pictures"),
    )
