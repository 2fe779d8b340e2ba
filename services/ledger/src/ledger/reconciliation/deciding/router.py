"""HTTP edge of decisions: what operators settle by hand."""

from datetime import datetime
from typing import Annotated, Final, Protocol
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Operator
from chassis.database import Connection, Database
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.service import Now, OpenDatabase
from chassis.tokens import Caller
from ledger.reach import reach_of
from ledger.reconciliation.answers import DecisionAnswer, ProposalAnswer
from ledger.reconciliation.deciding import queries
from ledger.reconciliation.deciding.decide_proposal import decide_proposal
from ledger.reconciliation.deciding.ignore import ignore_items
from ledger.reconciliation.deciding.match import match_items
from ledger.reconciliation.deciding.undo import undo_decision
from ledger.reconciliation.deciding.write_off import People, write_off_items
from ledger.reconciliation.find_setup import find_setup
from ledger.reconciliation.models import Decision, Setup
from ledger.reconciliation.router import Page, page_of
from ledger.reconciliation.wishes import ItemsWish, ReasonWish

router = APIRouter(tags=["reconciliation"], prefix="/reconciliation/accounts/{account_id}")

HOME: Final = "/v1/reconciliation/accounts/{id}"
Limit = Annotated[int, Query(ge=1, le=200)]


class Settle(Protocol):
    """What settles items by hand: `match_items`, `ignore_items`."""

    async def __call__(
        self,
        conn: Connection,
        setup: Setup,
        wish: ItemsWish,
        *,
        decision_id: UUID,
        operator: UUID,
        now: datetime,
    ) -> Decision:
        """Settle them."""


@router.get("/decisions")
async def list_decisions(
    account_id: UUID,
    caller: Operator,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> Page[DecisionAnswer]:
    """Who or what settled which items, and why; newest first."""
    async with database.connection() as conn:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        found = await queries.select_decisions(conn, account_id, before=cursor, limit=limit + 1)
    answers = [DecisionAnswer.of(one, setup.asset, at, undone=off) for one, at, off in found]
    return page_of(answers, limit, [one.id for one, _, _ in found])


@router.post("/matches", status_code=201, response_model=DecisionAnswer)
async def post_match(
    account_id: UUID,
    wish: ItemsWish,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Match lines with entries by hand; they agree to the minor unit."""
    request = _keyed(caller.user_id, key, account_id, "matches", wish)
    return await _settle(database, request, match_items, account_id, wish, caller, now)


@router.post("/ignored", status_code=201, response_model=DecisionAnswer)
async def post_ignored(
    account_id: UUID,
    wish: ItemsWish,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Take items off the suspense list, with a reason."""
    request = _keyed(caller.user_id, key, account_id, "ignored", wish)
    return await _settle(database, request, ignore_items, account_id, wish, caller, now)


@router.post(
    "/write-offs",
    status_code=201,
    response_model=DecisionAnswer,
    responses={202: {"model": ProposalAnswer, "description": "A second operator has to approve."}},
)
async def post_write_off(
    account_id: UUID,
    wish: ItemsWish,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Post what lines and entries do not agree by; above the limit, propose it."""

    async def perform(conn: Connection) -> Answer:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        done = await write_off_items(conn, setup, wish, People(caller.user_id), now=now)
        if isinstance(done, Decision):
            answer = DecisionAnswer.of(done, setup.asset, now)
            return Answer.of(201, answer.model_dump(mode="json"))
        return Answer.of(202, ProposalAnswer.of(done, setup.asset).model_dump(mode="json"))

    return await answer_once(
        database, _keyed(caller.user_id, key, account_id, "write-offs", wish), perform
    )


@router.get("/proposals")
async def list_proposals(
    account_id: UUID,
    caller: Operator,
    database: OpenDatabase,
    cursor: UUID | None = None,
    limit: Limit = 50,
) -> Page[ProposalAnswer]:
    """Write-offs that wait, or have waited, for a second operator; newest first."""
    async with database.connection() as conn:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        found = await queries.select_proposals(conn, account_id, cursor, limit + 1)
    answers = [ProposalAnswer.of(one, setup.asset) for one in found]
    return page_of(answers, limit, [one.id for one in found])


@router.post("/proposals/{proposal_id}/approve", response_model=ProposalAnswer)
async def approve_proposal(
    account_id: UUID,
    proposal_id: UUID,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Approve a write-off that another operator proposed: it is posted now."""
    return await _decide(database, account_id, proposal_id, caller, key, now, True)


@router.post("/proposals/{proposal_id}/reject", response_model=ProposalAnswer)
async def reject_proposal(
    account_id: UUID,
    proposal_id: UUID,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Drop a proposed write-off; its items stay on the suspense list."""
    return await _decide(database, account_id, proposal_id, caller, key, now, False)


@router.post("/decisions/{undone}/undo", status_code=201, response_model=DecisionAnswer)
async def post_undo(
    account_id: UUID,
    undone: UUID,
    wish: ReasonWish,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Take back a match or an ignoring: its items are open again, the record stays."""

    async def perform(conn: Connection) -> Answer:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        decision = await undo_decision(
            conn,
            account_id,
            undone,
            reason=wish.reason,
            decision_id=new_id(),
            operator=caller.user_id,
            now=now,
        )
        return Answer.of(201, DecisionAnswer.of(decision, setup.asset, now).model_dump(mode="json"))

    content = {"account_id": account_id, "undone": undone, "reason": wish.reason}
    route = f"POST {HOME}/decisions/{{id}}/undo"
    return await answer_once(
        database, KeyedRequest(str(caller.user_id), key, route, content), perform
    )


async def _settle(
    database: Database,
    request: KeyedRequest,
    settle: Settle,
    account_id: UUID,
    wish: ItemsWish,
    caller: Caller,
    now: datetime,
) -> Response:
    async def perform(conn: Connection) -> Answer:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        decision = await settle(
            conn, setup, wish, decision_id=new_id(), operator=caller.user_id, now=now
        )
        return Answer.of(201, DecisionAnswer.of(decision, setup.asset, now).model_dump(mode="json"))

    return await answer_once(database, request, perform)


async def _decide(
    database: OpenDatabase,
    account_id: UUID,
    proposal_id: UUID,
    caller: Caller,
    key: str,
    now: Now,
    approved: bool,  # noqa: FBT001 - one of two routes
) -> Response:
    async def perform(conn: Connection) -> Answer:
        setup = await find_setup(conn, account_id, reach=reach_of(caller))
        done = await decide_proposal(
            conn, setup, proposal_id, approved=approved, operator=caller.user_id, now=now
        )
        return Answer.of(200, ProposalAnswer.of(done, setup.asset).model_dump(mode="json"))

    verb = "approve" if approved else "reject"
    content = {"account_id": account_id, "proposal_id": proposal_id}
    route = f"POST {HOME}/proposals/{{id}}/{verb}"
    return await answer_once(
        database, KeyedRequest(str(caller.user_id), key, route, content), perform
    )


def _keyed(owner: UUID, key: str, account_id: UUID, noun: str, wish: ItemsWish) -> KeyedRequest:
    content = {"account_id": account_id, **wish.model_dump(mode="json")}
    return KeyedRequest(str(owner), key, f"POST {HOME}/{noun}", content)
