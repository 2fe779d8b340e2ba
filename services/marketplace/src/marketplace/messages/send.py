"""Write to the other party of a trade."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_people import MessageSent
from marketplace.messages import queries
from marketplace.messages.lifecycle import check_open
from marketplace.messages.models import SentMessage
from marketplace.trades.hold_part import hold_part
from marketplace.trades.models import Trade


async def send_message(
    conn: Connection, trade_id: UUID, actor: Caller, text: str, *, now: datetime
) -> tuple[Trade, SentMessage]:
    """Add a message behind the last one; the other is told live that there is one, not its words.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: One of its parties.
        text: What they write.
        now: When.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        ConversationOver: The trade ended more than 14 days ago.
        ConversationFull: It has as many messages as it may have.

    Emits:
        MessageSent on `marketplace.messages.v1`, keyed by trade.

    Source:
        spec 1, trading; docs/decisions/0065-ratings-are-revealed-together.md
    """
    trade = await hold_part(conn, trade_id, actor)
    seq = await queries.select_last(conn, trade_id) + 1
    check_open(trade, seq, now)
    sent = SentMessage(trade_id=trade_id, seq=seq, by_id=actor.user_id, text=text, said_at=now)
    await queries.insert_message(conn, sent)
    told = MessageSent(
        trade_id=trade_id,
        seq=seq,
        by_id=actor.user_id,
        buyer_id=trade.buyer_id,
        seller_id=trade.seller_id,
        said_at=now,
    )
    await emit(conn, told)
    return trade, sent
