"""Say that the item was handed over."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace import TradeHandedOver
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.lifecycle import deadline_after
from marketplace.trades.models import Patience, Trade
from marketplace.trades.move import move_trade


async def hand_over_trade(
    conn: Connection, trade_id: UUID, actor: Caller, *, now: datetime, patience: Patience
) -> Trade:
    """The seller says that the buyer has the item; the buyer has a time to confirm it.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The seller.
        now: When.
        patience: How long the buyer has.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The escrow is not funded, or the trade is past this.
        NotYourStep: The actor is the buyer.

    Emits:
        TradeHandedOver on `marketplace.trades.v1`.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "hand-over")
    deadline = deadline_after(step.target, now, patience)
    moved = await move_trade(conn, trade, step, by_id=actor.user_id, now=now, deadline=deadline)
    await emit(conn, TradeHandedOver(**facts_of(moved)))
    return moved
