"""Step back from a trade before the hand-over."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeCancelled
from marketplace.trades.ask_ledger import ask_ledger
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.lifecycle import role_of
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade


async def cancel_trade(
    conn: Connection, trade_id: UUID, actor: Caller, reason: str | None, *, now: datetime
) -> Trade:
    """Cancel: an offer ends at once; after agreement the ledger gives the escrow back first.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: Who named the last price, or either party once both had agreed.
        reason: Why; both parties see it.
        now: When.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: It was handed over, or has ended.
        NotYourStep: The other party named the last price: decline it instead.

    Emits:
        TradeCancelled on `marketplace.trades.v1`, and RefundEscrow to the ledger after agreement;
        without a price TradeRefunded.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "cancel")
    said = reason or f"cancelled by the {role_of(trade, actor.user_id)}"
    moved = await move_trade(conn, trade, step, by_id=actor.user_id, now=now, reason=said)
    await emit(conn, TradeCancelled(**facts_of(moved), reason=said, by_id=actor.user_id))
    return await ask_ledger(conn, moved, now=now)
