"""Decline the price that the other party named."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeDeclined
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade


async def decline_trade(conn: Connection, trade_id: UUID, actor: Caller, *, now: datetime) -> Trade:
    """Say no, which ends the trade.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The party to whom the last price was named.
        now: When.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The trade is past its offers.
        NotYourStep: The actor named the last price.

    Emits:
        TradeDeclined on `marketplace.trades.v1`.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "decline")
    moved = await move_trade(conn, trade, step, by_id=actor.user_id, now=now)
    await emit(conn, TradeDeclined(**facts_of(moved), by_id=actor.user_id))
    return moved
