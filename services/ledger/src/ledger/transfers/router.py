"""HTTP edge of transfers."""

from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Response

from chassis.access import ALL_ROLES, Operator, Person
from chassis.answers import foreseen
from chassis.database import Connection
from chassis.express import ExpressRoute
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.service import Now, OpenDatabase
from ledger.journal.models import Declined
from ledger.reach import reach_of
from ledger.scheduled_transfers.models import ScheduledAnswer
from ledger.transfers.bulk import Chunk, chunks_of, link
from ledger.transfers.counter import OpenCounter, send_plainly
from ledger.transfers.errors import BulkRefused
from ledger.transfers.lifecycle import answer_to, render_transfer
from ledger.transfers.models import (
    BulkAnswer,
    BulkItem,
    ForeseenAnswer,
    PreviewAnswer,
    ReverseTransfer,
    SendBulk,
    SendMoney,
    TransferAnswer,
)
from ledger.transfers.plan import is_for_later
from ledger.transfers.read import read_transfer
from ledger.transfers.reverse import begin_reversal, reverse_transfer
from ledger.transfers.send_bulk import send_chunk
from ledger.transfers.templates import Template

router = APIRouter(tags=["transfers"])

POST_REVERSALS: Final = "POST /v1/transfers/{id}/reverse"
POST_TEMPLATES: Final = "POST /v1/transfers/templates"
POST_BULKS: Final = "POST /v1/transfers/bulk"
#: 10,000 transfers of some 400 bytes each.
BULK_BODY_MAX: Final = 4 * 1024 * 1024


#: Answered without the framework: most of what a ledger is asked to do.
express = (ExpressRoute("POST", "/v1/transfers", ALL_ROLES, send_plainly, SendMoney),)


@router.post(
    "/transfers",
    status_code=201,
    response_model=TransferAnswer,
    responses={
        **foreseen(PreviewAnswer),
        202: {"model": ScheduledAnswer, "description": "Kept until its time"},
    },
)
async def send_money(
    wish: SendMoney,
    caller: Person,
    key: IdempotencyKey,
    counter: OpenCounter,
    *,
    dry_run: bool = False,
) -> Response:
    """Send money from one's main account to another person's; `dry_run` only says what would be.

    Operators may say that it took effect earlier, and then between any two of their community.
    With a time after now it is kept and carried out then (202); a dry run says what would be if it
    were due.
    """
    if dry_run:
        later = is_for_later(wish, counter.resources.clock.now())
        sent = wish.model_copy(update={"effective_at": None}) if later else wish
        item = BulkItem.model_validate(sent.model_dump())
        bulk = SendBulk(mode="independent", transfers=(item,))
        return _shown(await counter.preview(bulk, caller))
    return await counter.send(wish, caller, key)


@router.post(
    "/transfers/templates",
    status_code=201,
    response_model=TransferAnswer,
    responses=foreseen(ForeseenAnswer),
)
async def send_by_template(
    wish: Annotated[Template, Body(discriminator="template")],
    caller: Person,
    key: IdempotencyKey,
    counter: OpenCounter,
    *,
    dry_run: bool = False,
) -> Response:
    """A payment, split, refund, deposit or withdrawal; `dry_run` only says what would be."""
    if dry_run:
        return _shown(await counter.foresee(wish, caller))
    return await counter.send_by_template(wish, caller, key)


@router.post(
    "/transfers/bulk",
    response_model=BulkAnswer | PreviewAnswer,
    max_body_size=BULK_BODY_MAX,
)
async def send_bulk(
    bulk: SendBulk,
    caller: Person,
    key: IdempotencyKey,
    counter: OpenCounter,
    *,
    dry_run: bool = False,
) -> Response:
    """Send up to 10,000 transfers: all or none, or each for itself and its group.

    An independent bulk is posted in parts. If the answer is lost, or a part could not be posted
    for a while, send the same again with the same key: what is done is answered again, and the
    rest goes on.
    """
    if dry_run:
        return _shown(await counter.preview(bulk, caller))
    atomic = bulk.mode == "atomic"
    content = {"mode": bulk.mode, "transfers": sha256(bulk.model_dump_json().encode()).hexdigest()}
    bodies: list[bytes] = []
    replayed = True
    for begin, items in chunks_of(bulk):
        prepared = await counter.prepare(items, caller)
        ids = (new_id() for _ in items)
        chunk = Chunk(begin, items, link(bulk.mode, items, prepared.transfers, ids), atomic)
        # No client can send a key with this separator.
        part = f"{key}\x1f{begin}" if begin else key
        answer, before = await send_chunk(
            counter.resources.database,
            counter.journal,
            KeyedRequest(str(caller.user_id), part, POST_BULKS, content),
            chunk,
            prepared.refusals,
            clock=counter.resources.clock,
        )
        if isinstance(answer, BulkRefused):
            raise answer
        bodies.append(answer.body)
        replayed = replayed and before
    return _joined(bulk.mode, bodies).response(replayed=replayed)


def _joined(mode: str, bodies: list[bytes]) -> Answer:
    """The answer to the whole from those to its parts, each a list of results."""
    results = b",".join(body[1:-1] for body in bodies)
    # A quote inside text is escaped, so this is found where a result says it and nowhere else.
    posted = results.count(b'"status":"posted"')
    refused = results.count(b'"status":"refused"')
    head = f'{{"mode":"{mode}","posted":{posted},"refused":{refused},"results":['
    return Answer(200, head.encode() + results + b"]}")


def _shown(preview: PreviewAnswer | ForeseenAnswer) -> Response:
    return Answer(200, preview.model_dump_json().encode()).response()


@router.get("/transfers/{transfer_id}")
async def get_transfer(transfer_id: UUID, caller: Person, database: OpenDatabase) -> TransferAnswer:
    """A transfer that moved an account of one's own; operators see their community's."""
    reach = reach_of(caller)
    async with database.connection() as conn:
        return render_transfer(await read_transfer(conn, transfer_id, reach=reach), reach)


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

    async def perform(conn: Connection) -> Answer | Problem:
        reversal = begin_reversal(new_id(), caller.user_id)
        verdict = await reverse_transfer(
            conn, transfer_id, wish, reversal=reversal, reach=reach_of(caller), now=now
        )
        return verdict.problem if isinstance(verdict, Declined) else answer_to(verdict, None)

    return await answer_once(database, request, perform)
