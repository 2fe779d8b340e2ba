"""HTTP edge of issuance."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Operator
from chassis.answers import foreseen
from chassis.database import Connection, Database
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.service import Now, OpenDatabase, OpenResources, Resources
from chassis.tokens import Caller
from ledger.accounts.look_at import look_at_accounts
from ledger.accounts.models import Account
from ledger.issuance import queries
from ledger.issuance.ask import request_issuance
from ledger.issuance.decide import decide_request
from ledger.issuance.lifecycle import is_made_alone
from ledger.issuance.models import (
    BurnCredits,
    IssueCredits,
    RequestAnswer,
    RequestsAnswer,
    RequestState,
)
from ledger.issuance.prepare import prepare_issuance
from ledger.issuance.prepare_burn import prepare_burn
from ledger.journal.collect import OpenJournal
from ledger.journal.models import Declined, Transfer
from ledger.reach import reach_of
from ledger.transfers.foresee import foresee_transfer
from ledger.transfers.lifecycle import answer_to
from ledger.transfers.models import ForeseenAnswer, TransferAnswer
from ledger.transfers.previews import unopened_position

router = APIRouter(tags=["issuances"])

POST_ISSUANCES: Final = "POST /v1/issuances"
POST_BURNS: Final = "POST /v1/issuances/burn"

type Prepare = Callable[[Connection], Awaitable[tuple[Transfer, Account]]]


@router.post(
    "/issuances",
    status_code=201,
    response_model=TransferAnswer,
    responses={
        **foreseen(ForeseenAnswer),
        202: {"model": RequestAnswer, "description": "A second operator has to approve."},
    },
)
async def issue_credits(
    wish: IssueCredits,
    caller: Operator,
    key: IdempotencyKey,
    resources: OpenResources,
    journal: OpenJournal,
    *,
    dry_run: bool = False,
) -> Response:
    """Issue credits to a person; so many only once a second operator has approved, too."""

    async def prepare(conn: Connection) -> tuple[Transfer, Account]:
        return await prepare_issuance(
            conn,
            wish,
            transfer_id=new_id(),
            operator=caller.user_id,
            reach=reach_of(caller),
            now=resources.clock.now(),
            dry_run=dry_run,
        )

    if dry_run:
        return await _foresee(resources, prepare)
    request = KeyedRequest(str(caller.user_id), key, POST_ISSUANCES, wish.model_dump(mode="json"))
    async with resources.database.transaction() as conn:
        wanted, _ = await prepare(conn)
        limit = await queries.select_limit(conn, wish.asset)
    if limit is None or is_made_alone(wanted, limit):
        return await journal.post(request, wanted, lambda posted: answer_to(posted, None))

    async def ask(conn: Connection) -> Answer:
        asked = await request_issuance(conn, wanted, now=resources.clock.now())
        content = RequestAnswer.of(asked).model_dump(mode="json")
        return Answer.of(202, content, Location=f"/v1/issuances/requests/{asked.id}")

    return await answer_once(resources.database, request, ask)


@router.get("/issuances/requests")
async def list_requests(
    caller: Operator,
    database: OpenDatabase,
    state: RequestState | None = None,
    cursor: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> RequestsAnswer:
    """What waits, or has waited, for a second operator; newest first."""
    async with database.connection() as conn:
        found = await queries.select_requests(conn, reach_of(caller), state, cursor, limit + 1)
        page = found[:limit]
        await look_at_accounts(conn, [one.account_id for one in page])
    following = page[-1].id if len(found) > limit else None
    return RequestsAnswer(requests=[RequestAnswer.of(one) for one in page], next_cursor=following)


@router.post("/issuances/requests/{request_id}/approve", response_model=RequestAnswer)
async def approve_request(
    request_id: UUID, caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Approve what another operator asked for: it is issued now."""
    return await _decide(database, request_id, caller, key, now, approved=True)


@router.post("/issuances/requests/{request_id}/reject", response_model=RequestAnswer)
async def reject_request(
    request_id: UUID, caller: Operator, key: IdempotencyKey, database: OpenDatabase, now: Now
) -> Response:
    """Drop a request, one's own too."""
    return await _decide(database, request_id, caller, key, now, approved=False)


@router.post(
    "/issuances/burn",
    status_code=201,
    response_model=TransferAnswer,
    responses=foreseen(ForeseenAnswer),
)
async def burn_credits(
    wish: BurnCredits,
    caller: Operator,
    key: IdempotencyKey,
    resources: OpenResources,
    journal: OpenJournal,
    *,
    dry_run: bool = False,
) -> Response:
    """Take credits out of being, from a main account. Operators only; kept with the reason."""

    async def prepare(conn: Connection) -> tuple[Transfer, Account]:
        return await prepare_burn(
            conn,
            wish,
            transfer_id=new_id(),
            operator=caller.user_id,
            reach=reach_of(caller),
            now=resources.clock.now(),
            dry_run=dry_run,
        )

    if dry_run:
        return await _foresee(resources, prepare)
    async with resources.database.transaction() as conn:
        wanted, _ = await prepare(conn)
    request = KeyedRequest(str(caller.user_id), key, POST_BURNS, wish.model_dump(mode="json"))
    return await journal.post(request, wanted, lambda posted: answer_to(posted, None))


async def _decide(
    database: Database, request_id: UUID, caller: Caller, key: str, now: datetime, *, approved: bool
) -> Response:
    async def perform(conn: Connection) -> Answer | Problem:
        done = await decide_request(
            conn,
            request_id,
            approved=approved,
            operator=caller.user_id,
            reach=reach_of(caller),
            now=now,
        )
        if isinstance(done, Declined):
            return done.problem
        return Answer.of(200, RequestAnswer.of(done).model_dump(mode="json"))

    route = f"{POST_ISSUANCES}/requests/{{id}}/{'approve' if approved else 'reject'}"
    request = KeyedRequest(str(caller.user_id), key, route, {"request_id": str(request_id)})
    return await answer_once(database, request, perform)


async def _foresee(resources: Resources, prepare: Prepare) -> Response:
    """What would be; operators see all balances, which is a look."""
    now = resources.clock.now()
    async with resources.database.connection() as conn:
        try:
            wanted, system = await prepare(conn)
        except Problem as problem:
            seen = await foresee_transfer(conn, problem, viewer=None, now=now)
        else:
            await look_at_accounts(conn, [one.account_id for one in wanted.movements])
            unopened = [unopened_position(system)]
            seen = await foresee_transfer(conn, wanted, unopened=unopened, viewer=None, now=now)
    return Answer(200, seen.model_dump_json().encode()).response()
