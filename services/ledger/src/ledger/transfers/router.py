"""HTTP edge of transfers."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response

from chassis.access import Operator, Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, find_answer, store_answer
from chassis.ids import new_id
from chassis.problems import Problem
from chassis.service import Now, OpenDatabase, OpenResources, Resources
from chassis.tokens import Caller
from ledger.fees.price_list import OpenPrices, PriceList
from ledger.journal.collect import OpenJournal
from ledger.journal.models import Declined, Posted
from ledger.journal.refuse import keep_refusals
from ledger.transfers.bulk import chunks_of
from ledger.transfers.compose import Maker, compose_transfer
from ledger.transfers.dry_run import preview_bulk
from ledger.transfers.errors import BulkRefused
from ledger.transfers.foresee_template import foresee_template
from ledger.transfers.lifecycle import record_of, render_transfer
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
from ledger.transfers.plan import Sender
from ledger.transfers.prepare import prepare_transfers
from ledger.transfers.read import read_transfer
from ledger.transfers.reverse import begin_reversal, reverse_transfer
from ledger.transfers.send_bulk import send_chunk
from ledger.transfers.templates import Template

router = APIRouter(tags=["transfers"])

POST_TRANSFERS: Final = "POST /v1/transfers"
POST_REVERSALS: Final = "POST /v1/transfers/{id}/reverse"
POST_TEMPLATES: Final = "POST /v1/transfers/templates"
POST_BULKS: Final = "POST /v1/transfers/bulk"
#: 10,000 transfers of some 400 bytes each.
BULK_BODY_MAX: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Counter:
    """Where wishes are understood: accounts and prices."""

    resources: Resources
    prices: PriceList

    async def opened(self) -> AbstractAsyncContextManager[Connection]:
        """What `prepare` needs: a transaction only where a FEES account may have to be opened."""
        database = self.resources.database
        await self.prices.refresh(database)
        charges = self.prices.may_charge("transfer")
        return database.transaction() if charges else database.connection()

    def sender(self, caller: Caller) -> Sender:
        """Who asks; operators may enter transfers late, within the window."""
        window = timedelta(days=self.resources.settings.backdating_days)
        corrects = caller.has("OPERATOR", "ADMIN")
        return Sender(caller.user_id, corrects, self.resources.clock.now() - window)

    async def preview(self, bulk: SendBulk, sender: Sender) -> PreviewAnswer:
        """What would become of wishes now."""
        await self.prices.refresh(self.resources.database)
        now = self.resources.clock.now()
        async with self.resources.database.connection() as conn:
            prepared = await prepare_transfers(
                conn, bulk.transfers, sender=sender, prices=self.prices, now=now, dry_run=True
            )
            return await preview_bulk(conn, bulk, prepared, viewer=sender.user_id, now=now)


async def _counter_of(resources: OpenResources, prices: OpenPrices) -> Counter:
    return Counter(resources, prices)


OpenCounter = Annotated[Counter, Depends(_counter_of)]


@router.post("/transfers", status_code=201, response_model=TransferAnswer | PreviewAnswer)
async def send_money(
    wish: SendMoney,
    caller: Person,
    key: IdempotencyKey,
    counter: OpenCounter,
    journal: OpenJournal,
    *,
    dry_run: bool = False,
) -> Response:
    """Send money from one's main account to another person's; `dry_run` only says what would be.

    Operators may say that it took effect earlier, and then between any two people.
    """
    if dry_run:
        item = BulkItem.model_validate(wish.model_dump())
        bulk = SendBulk(mode="independent", transfers=(item,))
        return _shown(await counter.preview(bulk, counter.sender(caller)))
    async with await counter.opened() as conn:
        prepared = await prepare_transfers(
            conn,
            [wish],
            sender=counter.sender(caller),
            prices=counter.prices,
            now=counter.resources.clock.now(),
        )
    [wanted] = prepared.transfers
    request = KeyedRequest(str(caller.user_id), key, POST_TRANSFERS, wish.content())
    if isinstance(wanted, Problem):
        return await _answered_before(counter, request, wanted, prepared.refusals)

    def render(posted: Posted) -> Answer:
        return _answer_of(posted, None if wish.effective_at else caller.user_id)

    return await journal.post(request, wanted, render)


@router.post(
    "/transfers/templates", status_code=201, response_model=TransferAnswer | ForeseenAnswer
)
async def send_by_template(
    wish: Annotated[Template, Body(discriminator="template")],
    caller: Person,
    key: IdempotencyKey,
    counter: OpenCounter,
    journal: OpenJournal,
    *,
    dry_run: bool = False,
) -> Response:
    """A payment, gift, split, refund, deposit or withdrawal; `dry_run` only says what would be."""
    database, now = counter.resources.database, counter.resources.clock.now()
    await counter.prices.refresh(database)
    sender = counter.sender(caller)
    viewer = None if sender.corrects else caller.user_id
    maker = Maker(sender, counter.prices, now, dry_run)
    if dry_run:
        async with database.connection() as conn:
            return _shown(await foresee_template(conn, wish, maker, viewer=viewer))
    request = KeyedRequest(str(caller.user_id), key, POST_TEMPLATES, wish.model_dump(mode="json"))
    try:
        async with database.transaction() as conn:
            composed = await compose_transfer(conn, wish, maker)
    except Problem as problem:
        return await _answered_before(counter, request, problem, ())
    return await journal.post(request, composed.transfer, lambda p: _answer_of(p, viewer))


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
    journal: OpenJournal,
    *,
    dry_run: bool = False,
) -> Response:
    """Send up to 10,000 transfers: all or none, or each for itself and its group.

    An independent bulk is posted in parts. If the answer is lost, or a part could not be posted
    for a while, send the same again with the same key: what is done is answered again, and the
    rest goes on.
    """
    if dry_run:
        return _shown(await counter.preview(bulk, counter.sender(caller)))
    atomic = bulk.mode == "atomic"
    content = {"mode": bulk.mode, "transfers": sha256(bulk.model_dump_json().encode()).hexdigest()}
    bodies: list[bytes] = []
    replayed = True
    for begin, items in chunks_of(bulk):
        async with await counter.opened() as conn:
            prepared = await prepare_transfers(
                conn,
                items,
                sender=counter.sender(caller),
                prices=counter.prices,
                now=counter.resources.clock.now(),
            )
        # No client can send a key with this separator.
        part = f"{key}\x1f{begin}" if begin else key
        request = KeyedRequest(str(caller.user_id), part, POST_BULKS, content)
        async with journal.turn(), counter.resources.database.transaction() as conn:
            answer, before = await send_chunk(
                conn,
                request,
                begin,
                items,
                prepared,
                atomic=atomic,
                clock=counter.resources.clock,
            )
        if isinstance(answer, BulkRefused):
            raise answer
        bodies.append(answer.body)
        replayed = replayed and before
    return _joined(bulk.mode, bodies).response(replayed=replayed)


async def _answered_before(
    counter: Counter, request: KeyedRequest, problem: Problem, refusals: Sequence[Declined]
) -> Response:
    """The answer to a wish that was carried out before its quote expired; else its problem."""
    async with counter.resources.database.transaction() as conn:
        stored = await find_answer(conn, request)
        if stored is None and refusals:
            await keep_refusals(conn, refusals, now=counter.resources.clock.now())
    if stored is None:
        raise problem
    return stored.response(replayed=True)


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
