"""HTTP edge of transfers."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Person
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest
from chassis.ids import new_id
from chassis.service import OpenDatabase
from ledger.journal.collect import OpenJournal
from ledger.journal.models import Posted
from ledger.transfers.lifecycle import record_of, render_transfer
from ledger.transfers.models import SendMoney, TransferAnswer
from ledger.transfers.prepare import prepare_transfer
from ledger.transfers.read import read_transfer

router = APIRouter(tags=["transfers"])

POST_TRANSFERS: Final = "POST /v1/transfers"


@router.post("/transfers", status_code=201, response_model=TransferAnswer)
async def send_money(
    wish: SendMoney,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    journal: OpenJournal,
) -> Response:
    """Send money from one's main account to another person's."""
    async with database.connection() as conn:
        wanted = await prepare_transfer(conn, wish, transfer_id=new_id(), sender=caller.user_id)

    def render(posted: Posted) -> Answer:
        answer = render_transfer(record_of(posted), caller.user_id)
        return Answer.of(201, answer.model_dump(mode="json"), Location=f"/v1/transfers/{answer.id}")

    request = KeyedRequest(str(caller.user_id), key, POST_TRANSFERS, wish.model_dump(mode="json"))
    return await journal.post(request, wanted, render)


@router.get("/transfers/{transfer_id}")
async def get_transfer(transfer_id: UUID, caller: Person, database: OpenDatabase) -> TransferAnswer:
    """A transfer that moved an account of one's own; operators see all."""
    party = None if caller.has("OPERATOR", "ADMIN") else caller.user_id
    async with database.connection() as conn:
        return render_transfer(await read_transfer(conn, transfer_id, party=party), party)
