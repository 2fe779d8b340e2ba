"""HTTP edge of transfers for later; they are made by `POST /v1/transfers`."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Person
from chassis.context import look
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from ledger.accounts.look_at import look_at_accounts
from ledger.reach import Reach, reach_of
from ledger.scheduled_transfers.browse import browse_scheduled
from ledger.scheduled_transfers.cancel import cancel_scheduled
from ledger.scheduled_transfers.lifecycle import render_scheduled
from ledger.scheduled_transfers.models import (
    ScheduledAnswer,
    ScheduledPageAnswer,
    ScheduledState,
)
from ledger.scheduled_transfers.read import read_scheduled

router = APIRouter(tags=["transfers"])

ROUTE: Final = "POST /v1/scheduled-transfers/{id}/cancel"
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/scheduled-transfers")
async def list_scheduled(
    caller: Person,
    database: OpenDatabase,
    account_id: UUID | None = None,
    state: ScheduledState | None = None,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> ScheduledPageAnswer:
    """One's own transfers for later, newest first; operators see others' by the account."""
    reach = reach_of(caller) if account_id else Reach(caller.user_id)
    async with database.connection() as conn:
        page, following = await browse_scheduled(
            conn, reach=reach, account=account_id, state=state, before=cursor, limit=limit
        )
        if reach.has_power:
            await look_at_accounts(conn, [account_id])
    shown = [render_scheduled(one) for one in page]
    return ScheduledPageAnswer(scheduled_transfers=shown, next_cursor=following)


@router.get("/scheduled-transfers/{scheduled_id}")
async def get_scheduled(
    scheduled_id: UUID, caller: Person, database: OpenDatabase
) -> ScheduledAnswer:
    """A transfer for later of one's own; operators see their community's."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        found = await read_scheduled(conn, scheduled_id, reach=reach)
    if reach.has_power:
        look(found.owner_id)
    return render_scheduled(found)


@router.post("/scheduled-transfers/{scheduled_id}/cancel", response_model=ScheduledAnswer)
async def cancel(
    scheduled_id: UUID, caller: Person, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Call a transfer for later off, before it is carried out."""

    async def perform(conn: Connection) -> Answer:
        ended = await cancel_scheduled(conn, scheduled_id, reach=reach_of(caller), now=now)
        return Answer.of(200, render_scheduled(ended).model_dump(mode="json"))

    content = {"scheduled_transfer_id": str(scheduled_id)}
    return await answer_once(
        database, KeyedRequest(str(caller.user_id), key, ROUTE, content), perform
    )
