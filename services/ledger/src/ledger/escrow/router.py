"""HTTP edge of escrow: its parties look at it, and the payee accepts a price."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from contracts.money import render_amount
from ledger.escrow.accept_price import accept_price
from ledger.escrow.models import AcceptedPrice, AcceptPrice, Escrow, EscrowAnswer, Terms
from ledger.escrow.read import read_escrow
from ledger.fees.requests import render_fees
from ledger.reach import reach_of

router = APIRouter(tags=["escrows"])

POST_PRICE: Final = "POST /v1/escrows/{id}/price"


@router.get("/escrows/{escrow_id}")
async def get_escrow(escrow_id: UUID, caller: Person, database: OpenDatabase) -> EscrowAnswer:
    """An escrow of one's own, as payer or payee; operators see their community's.

    Its id is the trade's.
    """
    async with database.connection() as conn:
        return _render(*await read_escrow(conn, escrow_id, reach=reach_of(caller)))


@router.post("/escrows/{escrow_id}/price", response_model=EscrowAnswer)
async def accept(
    escrow_id: UUID,
    wish: AcceptPrice,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Let the release cost what a quote promised, whenever it comes. The payee's to accept."""

    async def perform(conn: Connection) -> Answer:
        found = await accept_price(conn, escrow_id, wish.fee_quote, person=caller.user_id, now=now)
        return Answer.of(200, _render(*found).model_dump(mode="json"))

    content = wish.model_dump(mode="json") | {"escrow_id": str(escrow_id)}
    request = KeyedRequest(str(caller.user_id), key, POST_PRICE, content)
    return await answer_once(database, request, perform)


def _render(escrow: Escrow, accepted: AcceptedPrice | None) -> EscrowAnswer:
    terms = escrow.terms
    assert isinstance(terms, Terms)  # noqa: S101 - neither verb gives one without
    fee_minor = accepted.price.fee_minor if accepted else escrow.fee_minor
    return EscrowAnswer(
        id=escrow.id,
        state=escrow.state,
        version=escrow.version,
        payer_id=terms.payer_id,
        payee_id=terms.payee_id,
        amount=render_amount(terms.amount_minor, terms.asset),
        asset=terms.asset,
        gift=render_amount(terms.gift_minor, terms.asset),
        fee=None if fee_minor is None else render_amount(fee_minor, terms.asset),
        fees=render_fees(accepted.price, terms.asset) if accepted else None,
        fee_quote=accepted.price.quote_id if accepted else None,
        refunded=_refunded(escrow, terms.asset),
        reason=escrow.reason,
    )


def _refunded(escrow: Escrow, asset: str) -> str | None:
    return None if escrow.refunded_minor is None else render_amount(escrow.refunded_minor, asset)
