"""Ask an operator to decide."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeDisputed
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade


async def dispute_trade(
    conn: Connection, trade_id: UUID, actor: Caller, reason: str, *, now: datetime
) -> Trade:
    """Stop the clock: the escrow stays as it is until an operator rules.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: Either party.
        reason: What is wrong; both parties and operators see it.
        now: When.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: There is no escrow to decide on.

    Emits:
        TradeDisputed on `marketplace.trades.v1`.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "dispute")
    moved = await move_trade(conn, trade, step, by_id=actor.user_id, now=now, reason=reason)
    await emit(conn, TradeDisputed(**facts_of(moved), by_id=actor.user_id, reason=reason))
    return moved
