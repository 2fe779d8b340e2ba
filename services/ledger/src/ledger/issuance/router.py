"""HTTP edge of issuance."""

from collections.abc import Awaitable, Callable
from typing import Final

from fastapi import APIRouter, Response

from chassis.access import Operator
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.service import OpenResources, Resources
from ledger.accounts.models import Account
from ledger.issuance.models import BurnCredits, IssueCredits
from ledger.issuance.prepare import prepare_issuance
from ledger.issuance.prepare_burn import prepare_burn
from ledger.journal.collect import OpenJournal
from ledger.journal.models import Transfer
from ledger.transfers.foresee import foresee_transfer
from ledger.transfers.lifecycle import answer_to
from ledger.transfers.models import ForeseenAnswer, TransferAnswer
from ledger.transfers.previews import unopened_position

router = APIRouter(tags=["issuances"])

POST_ISSUANCES: Final = "POST /v1/issuances"
POST_BURNS: Final = "POST /v1/issuances/burn"

type Prepare = Callable[[Connection], Awaitable[tuple[Transfer, Account]]]


@router.post("/issuances", status_code=201, response_model=TransferAnswer | ForeseenAnswer)
async def issue_credits(
    wish: IssueCredits,
    caller: Operator,
    key: IdempotencyKey,
    resources: OpenResources,
    journal: OpenJournal,
    *,
    dry_run: bool = False,
) -> Response:
    """Issue credits to a person. Operators only; kept with the reason."""

    async def prepare(conn: Connection) -> tuple[Transfer, Account]:
        return await prepare_issuance(
            conn,
            wish,
            transfer_id=new_id(),
            operator=caller.user_id,
            issuance_max=int(resources.settings.issuance_max),
            now=resources.clock.now(),
            dry_run=dry_run,
        )

    if dry_run:
        return await _foresee(resources, prepare)
    async with resources.database.transaction() as conn:
        wanted, _ = await prepare(conn)
    request = KeyedRequest(str(caller.user_id), key, POST_ISSUANCES, wish.model_dump(mode="json"))
    return await journal.post(request, wanted, lambda posted: answer_to(posted, None))


@router.post("/issuances/burn", status_code=201, response_model=TransferAnswer | ForeseenAnswer)
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
            now=resources.clock.now(),
            dry_run=dry_run,
        )

    if dry_run:
        return await _foresee(resources, prepare)
    async with resources.database.transaction() as conn:
        wanted, _ = await prepare(conn)
    request = KeyedRequest(str(caller.user_id), key, POST_BURNS, wish.model_dump(mode="json"))
    return await journal.post(request, wanted, lambda posted: answer_to(posted, None))


async def _foresee(resources: Resources, prepare: Prepare) -> Response:
    """What would be; operators see all balances."""
    now = resources.clock.now()
    async with resources.database.connection() as conn:
        try:
            wanted, system = await prepare(conn)
        except Problem as problem:
            seen = await foresee_transfer(conn, problem, viewer=None, now=now)
        else:
            unopened = [unopened_position(system)]
            seen = await foresee_transfer(conn, wanted, unopened=unopened, viewer=None, now=now)
    return Answer(200, seen.model_dump_json().encode()).response()
