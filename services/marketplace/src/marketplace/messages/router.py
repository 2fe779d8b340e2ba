"""HTTP edge of messages."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from chassis.access import Person
from chassis.database import Connection
from chassis.idempotency import Answer, IdempotencyKey, KeyedRequest, answer_once
from chassis.service import Now, OpenDatabase
from marketplace.messages import queries
from marketplace.messages.models import MessageBody, MessagePage, MessageView, SentMessage
from marketplace.messages.send import send_message
from marketplace.paging import Limit
from marketplace.trades.lifecycle import role_of
from marketplace.trades.look_in import look_in
from marketplace.trades.models import Trade

router = APIRouter(tags=["trades"])
After = Annotated[int, Query(ge=0, le=1_000_000)]


@router.post("/trades/{trade_id}/messages", status_code=201, response_model=MessageView)
async def post_message(
    trade_id: UUID,
    body: MessageBody,
    caller: Person,
    key: IdempotencyKey,
    database: OpenDatabase,
    now: Now,
) -> Response:
    """Write to the other party."""

    async def perform(conn: Connection) -> Answer:
        trade, sent = await send_message(conn, trade_id, caller, body.text, now=now)
        return Answer.of(201, _view(trade, sent, caller.user_id).model_dump(mode="json"))

    content = body.model_dump(mode="json")
    route = f"POST /v1/trades/{trade_id}/messages"
    return await answer_once(
        database, KeyedRequest(str(caller.user_id), key, route, content), perform
    )


@router.get("/trades/{trade_id}/messages")
async def get_messages(
    trade_id: UUID, caller: Person, database: OpenDatabase, after: After = 0, limit: Limit = 50
) -> MessagePage:
    """What the two wrote, oldest first; for operators while the trade is disputed."""
    async with database.connection() as conn:
        trade = await look_in(conn, trade_id, caller)
        found = await queries.select_page(conn, trade_id, after, limit + 1)
    page = found[:limit]
    return MessagePage(
        messages=[_view(trade, one, caller.user_id) for one in page],
        next_after=page[-1].seq if len(found) > limit else None,
    )


def _view(trade: Trade, sent: SentMessage, reader: UUID) -> MessageView:
    return MessageView(
        seq=sent.seq,
        by=role_of(trade, sent.by_id),
        mine=sent.by_id == reader,
        text=sent.text,
        said_at=sent.said_at,
    )
