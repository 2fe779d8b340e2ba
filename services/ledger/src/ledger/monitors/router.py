"""HTTP edge of monitors: of one's own accounts; operators watch their community's."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.service import Now, OpenDatabase
from ledger.accounts.look_at import look_at_accounts
from ledger.monitors.browse import browse_monitors
from ledger.monitors.create import create_monitor
from ledger.monitors.end import end_monitor
from ledger.monitors.lifecycle import render_monitor
from ledger.monitors.models import (
    MONITORS_MAX,
    MONITORS_OF_OPERATOR_MAX,
    MonitorAnswer,
    MonitorsAnswer,
    WatchBalance,
)
from ledger.monitors.read import read_monitor
from ledger.reach import reach_of

router = APIRouter(tags=["monitors"])

POST_MONITORS: Final = "POST /v1/monitors"


@router.post("/monitors", status_code=201, response_model=MonitorAnswer)
async def watch_balance(
    wish: WatchBalance, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Be told, once a crossing, when an account's figure crosses a line."""
    reach = reach_of(caller)

    async def perform(conn: Connection) -> Answer:
        made = await create_monitor(
            conn,
            wish,
            monitor_id=new_id(),
            owner=caller.user_id,
            reach=reach,
            most=MONITORS_OF_OPERATOR_MAX if reach.has_power else MONITORS_MAX,
            now=now,
        )
        content = render_monitor(made).model_dump(mode="json")
        return Answer.of(201, content, Location=f"/v1/monitors/{made.id}")

    request = KeyedRequest(str(caller.user_id), key, POST_MONITORS, wish.model_dump(mode="json"))
    return await answer_once(database, request, perform)


@router.get("/monitors")
async def list_monitors(
    caller: Person,
    database: OpenDatabase,
    account_id: UUID | None = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> MonitorsAnswer:
    """One's own monitors that have not ended, newest first."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        page, after = await browse_monitors(
            conn,
            owner=caller.user_id,
            reach=reach,
            account_id=account_id,
            before=cursor,
            limit=limit,
        )
        if reach.has_power:
            await look_at_accounts(conn, [one.account_id for one in page])
    return MonitorsAnswer(monitors=[render_monitor(one) for one in page], next_cursor=after)


@router.get("/monitors/{monitor_id}")
async def get_monitor(monitor_id: UUID, caller: Person, database: OpenDatabase) -> MonitorAnswer:
    """A monitor of one's own, with its newest crossings."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        found, crossings = await read_monitor(conn, monitor_id, owner=caller.user_id, reach=reach)
        if reach.has_power:
            await look_at_accounts(conn, [found.account_id])
    return render_monitor(found, crossings)


@router.delete("/monitors/{monitor_id}", status_code=204)
async def delete_monitor(
    monitor_id: UUID, caller: Person, database: OpenDatabase, now: Now
) -> None:
    """Stop watching; a repeat changes nothing."""
    async with database.transaction() as conn:
        await end_monitor(conn, monitor_id, owner=caller.user_id, now=now)
