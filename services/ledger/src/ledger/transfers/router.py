"""HTTP edge of transfers."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Operator, Person
from chassis.idempotency import (
    Answer,
    IdempotencyKey,
    KeyedRequest,
    find_answer,
    store_answer,
)
from chassis.ids import new_id
from chassis.service import Now, OpenDatabase, OpenResources
from ledger.journal.collect import OpenJournal
from ledger.journal.models import Declined, Posted
from ledger.transfers.lifecycle import record_of, render_transfer
from ledger.transfers.models import ReverseTransfer, SendMoney, TransferAnswer
from ledger.transfers.prepare import prepare_transfer
from ledger.transfers.read import read_transfer
from ledger.transfers.reverse import begin_reversal, reverse_transfer

router = APIRouter(tags=["transfers"])

POST_TRANSFERS: Final = "POST /v1/transfers"
POST_REVERSALS: Final = "POST /v1/transfers/{id}/reverse"


@router.post("/transfers", status_code=201, response_model=TransferAnswer)
async def send_money(
    wish: SendMoney,
    caller: Person,
    key: IdempotencyKey,
    resources: OpenResources,
    journal: OpenJournal,
    now: Now,
) -> Response:
    """Send money from one's main account to another person's.

    Operators may say that it took effect earlier, and then between any two people.
    """
    earliest = now - timedelta(days=resources.settings.backdating_days)
    async with resources.database.connection() as conn:
        wanted = await prepare_transfer(
            conn, wish, transfer_id=new_id(), sender=caller, earliest=earliest
        )

    def render(posted: Posted) -> Answer:
        return _answer_of(posted, None if wish.effective_at else caller.user_id)

    request = KeyedRequest(str(caller.user_id), key, POST_TRANSFERS, wish.model_dump(mode="json"))
    return await journal.post(request, wanted, render)


@router.get("/transfers/{transfer_id}")
async def get_transfer(transfer_id: UUID, caller: Person, database: OpenDatabase) -> TransferAnswer:
    """A transfer that moved an account of one's own; operators see all."""
    party = None if caller.has("OPERATOR", "ADMIN") else caller.user_id
    async with database.connection() as conn:
        return render_transfer(await read_transfer(conn, transfer_id, party=party), party)


@router.post("/transfers/{transfer_id}/reverse", status_code=201, response_model=TransferAnswer)
async def reverse(
    transfer_id: UUID,
    wish: ReverseTransfer,
    caller: Operator,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Give a transfer back, whole or in part, never more than it moved. Operators only."""
    content = wish.model_dump(mode="json") | {"transfer_id": str(transfer_id)}
    request = KeyedRequest(str(caller.user_id), key, POST_REVERSALS, content)
    async with database.transaction() as conn:
        stored = await find_answer(conn, request)
        if stored is not None:
            return stored.response(replayed=True)
        reversal = begin_reversal(new_id(), caller.user_id)
        verdict = await reverse_transfer(conn, transfer_id, wish, reversal=reversal, now=now)
        if isinstance(verdict, Posted):
            answer = _answer_of(verdict, None)
            await store_answer(conn, request, answer)
    if isinstance(verdict, Declined):
        raise verdict.problem
    return answer.response()


def _answer_of(posted: Posted, viewer: UUID | None) -> Answer:
    answer = render_transfer(record_of(posted), viewer)
    return Answer.of(201, answer.model_dump(mode="json"), Location=f"/v1/transfers/{answer.id}")
