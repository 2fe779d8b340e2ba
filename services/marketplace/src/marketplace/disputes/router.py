"""HTTP edge of evidence."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from contracts.marketplace_people import Side
from marketplace.disputes import queries
from marketplace.disputes.models import (
    Statement,
    StatementBody,
    StatementList,
    StatementView,
)
from marketplace.disputes.state import make_statement
from marketplace.image_urls import urls_of
from marketplace.images.find_evidence import find_evidence
from marketplace.images.models import Image
from marketplace.items.views import ItemImageView
from marketplace.trades.lifecycle import role_of
from marketplace.trades.show import show_trade

router = APIRouter(tags=["trades"])


@router.post("/trades/{trade_id}/statements", status_code=201, response_model=StatementView)
async def post_statement(
    trade_id: UUID,
    body: StatementBody,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """State something in a dispute, for the other party and the operator who rules."""

    async def perform(conn: Connection) -> Answer:
        trade, made = await make_statement(conn, trade_id, caller, body, now=now)
        view = _view(role_of(trade, made.by_id), made, await find_evidence(conn, made.image_ids))
        return Answer.of(201, view.model_dump(mode="json"))

    content = body.model_dump(mode="json")
    route = f"POST /v1/trades/{trade_id}/statements"
    return await answer_once(
        database, KeyedRequest(str(caller.user_id), key, route, content), perform
    )


@router.get("/trades/{trade_id}/statements")
async def get_statements(trade_id: UUID, caller: Person, database: OpenDatabase) -> StatementList:
    """The evidence of a dispute, for its parties, and for operators also after the ruling."""
    async with database.connection() as conn:
        trade = await show_trade(conn, trade_id, caller)
        found = await queries.select_statements(conn, trade_id)
        images = await find_evidence(conn, [image for one in found for image in one.image_ids])
    return StatementList(
        statements=[
            _view("buyer" if one.by_id == trade.buyer_id else "seller", one, images)
            for one in found
        ]
    )


def _view(by: Side, made: Statement, images: Mapping[UUID, Image]) -> StatementView:
    return StatementView(
        seq=made.seq,
        by=by,
        text=made.text,
        image_ids=made.image_ids,
        images=[_shown(images[image_id]) for image_id in made.image_ids if image_id in images],
        said_at=made.said_at,
    )


def _shown(image: Image) -> ItemImageView:
    return ItemImageView.model_validate(
        {
            "id": image.id,
            "urls": urls_of(image.hash or ""),
            "width": image.width,
            "height": image.height,
            "color": image.color,
        }
    )
