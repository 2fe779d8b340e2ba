"""HTTP edge of issuance."""

from typing import Final

from fastapi import APIRouter, Response

from chassis.access import Operator
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest
from chassis.ids import new_id
from chassis.service import Now, OpenResources
from ledger.issuance.models import IssueCredits
from ledger.issuance.prepare import prepare_issuance
from ledger.journal.collect import OpenJournal
from ledger.journal.models import Posted
from ledger.transfers.lifecycle import record_of, render_transfer
from ledger.transfers.models import TransferAnswer

router = APIRouter(tags=["issuances"])

POST_ISSUANCES: Final = "POST /v1/issuances"


@router.post("/issuances", status_code=201, response_model=TransferAnswer)
async def issue_credits(
    wish: IssueCredits,
    caller: Operator,
    key: IdempotencyKey,
    resources: OpenResources,
    journal: OpenJournal,
    now: Now,
) -> Response:
    """Issue credits to a person. Operators only; kept with the reason."""
    async with resources.database.transaction() as conn:
        wanted = await prepare_issuance(
            conn,
            wish,
            transfer_id=new_id(),
            operator=caller.user_id,
            issuance_max=int(resources.settings.issuance_max),
            now=now,
        )

    def render(posted: Posted) -> Answer:
        answer = render_transfer(record_of(posted), None)
        return Answer.of(201, answer.model_dump(mode="json"), Location=f"/v1/transfers/{answer.id}")

    request = KeyedRequest(str(caller.user_id), key, POST_ISSUANCES, wish.model_dump(mode="json"))
    return await journal.post(request, wanted, render)
