"""HTTP edge of statements that are made as tasks, and fetched later."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ordered_files import OrderedFile, add_link, describe_order
from chassis.service import Now, OpenDatabase, OpenResources
from chassis.tasks import Task, browse_tasks, find_task
from chassis.tokens import Caller
from ledger.accounts.look_at import look_at_accounts
from ledger.moments import Moment
from ledger.reach import reach_of
from ledger.statements.errors import NoSuchStatement
from ledger.statements.orders.order import KIND, order_statement
from ledger.statements.periods import MONTH, choose_period

router = APIRouter(tags=["statements"])


class StatementWish(BaseModel):
    """Body of `POST /v1/accounts/{account_id}/statements`."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    form: Literal["csv", "pdf"]
    month: Annotated[str, Field(pattern=MONTH)] | None = None
    begins: Moment | None = Field(default=None, alias="from")
    ends: Moment | None = Field(default=None, alias="to")
    known_at: Moment | None = None


class OrderAnswer(OrderedFile):
    """A statement that was ordered; `url` is there when it is DONE, and ends soon."""

    account_id: UUID
    form: str
    begins: datetime
    ends: datetime
    entries_done: int
    entries: int | None


class OrdersAnswer(BaseModel):
    """A page of them, the newest first."""

    model_config = ConfigDict(frozen=True)

    statements: list[OrderAnswer]
    next_cursor: UUID | None


@router.post("/accounts/{account_id}/statements", status_code=202, response_model=OrderAnswer)
async def post_statement(
    account_id: UUID,
    wish: StatementWish,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Have a statement of any length made as a file. `GET` it by its id until it is DONE."""
    period = choose_period(wish.month, wish.begins, wish.ends, wish.known_at)
    reach = reach_of(caller)
    content = {"account_id": str(account_id)} | wish.model_dump(mode="json")
    request = KeyedRequest(
        str(caller.user_id), key, "POST /v1/accounts/{account_id}/statements", content
    )

    async def perform(conn: Connection) -> Answer:
        task = await order_statement(
            conn, account_id, period, wish.form, asked_by=caller.user_id, reach=reach, now=now
        )
        location = f"/v1/statements/{task.id}"
        return Answer.of(202, _show(task).model_dump(mode="json"), Location=location)

    return await answer_once(database, request, perform)


@router.get("/statements")
async def list_statements(
    caller: Person,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> OrdersAnswer:
    """What one ordered, the newest first."""
    async with database.connection() as conn:
        page = await browse_tasks(conn, KIND, caller.user_id, after=cursor, limit=limit + 1)
        await _look(conn, caller, page[:limit])
    following = page[limit - 1].id if len(page) > limit else None
    return OrdersAnswer(statements=[_show(task) for task in page[:limit]], next_cursor=following)


@router.get("/statements/{statement_id}")
async def get_statement_order(
    statement_id: UUID,
    caller: Person,
    database: OpenDatabase,
    resources: OpenResources,
    response: Response,
) -> OrderAnswer:
    """How far a statement is that one ordered, and where to fetch it. Nobody else's."""
    response.headers["Cache-Control"] = "no-store"
    async with database.connection() as conn:
        task = await find_task(conn, statement_id, KIND, caller.user_id)
        if task is None:
            raise NoSuchStatement("there is none with this id among those that you ordered")
        await _look(conn, caller, [task])
    return await add_link(_show(task), task, resources)


async def _look(conn: Connection, caller: Caller, tasks: Sequence[Task]) -> None:
    """Operators order statements of others' accounts; members of their own alone."""
    if reach_of(caller).has_power:
        await look_at_accounts(conn, [UUID(one.wanted["account_id"]) for one in tasks])


def _show(task: Task) -> OrderAnswer:
    wanted = task.wanted
    return OrderAnswer(
        **describe_order(task),
        account_id=UUID(wanted["account_id"]),
        form=wanted["form"],
        begins=datetime.fromisoformat(wanted["from"]),
        ends=datetime.fromisoformat(wanted["to"]),
        entries_done=task.done,
        entries=task.total,
    )
