"""Undo a trade that does not move by itself."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.failpoints import reach
from chassis.operators import Office, keep_action
from chassis.outbox import emit
from contracts.marketplace_trades import TradeCancelled
from marketplace.trades import queries
from marketplace.trades.ask_ledger import ask_ledger
from marketplace.trades.errors import NoSuchTrade
from marketplace.trades.events import facts_of
from marketplace.trades.lifecycle import find_step
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade


async def compensate_trade(
    conn: Connection, trade_id: UUID, office: Office, *, now: datetime
) -> Trade:
    """Give the buyer's credits back, and the pieces to the seller.

    Runs once: from `refunding` there is no such step, and the ledger refunds an escrow once. What
    was confirmed is the seller's money, and a dispute is ruled upon; both are refused.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        office: Who asks, and why; it is kept, and both parties see the reason.
        now: When.

    Raises:
        NoSuchTrade: There is none.
        IllegalStep: It is compensated already, or past undoing.

    Emits:
        TradeCancelled on `marketplace.trades.v1`, and RefundEscrow to the ledger.
    """
    trade = await queries.lock_trade(conn, trade_id)
    if trade is None:
        raise NoSuchTrade(trade_id)
    step = find_step(trade, "compensate")
    await keep_action(conn, office, "saga.compensate", str(trade_id))
    await reach("trades.after_office")
    moved = await move_trade(conn, trade, step, by_id=None, now=now, reason=office.reason)
    await emit(conn, TradeCancelled(**facts_of(moved), reason=office.reason))
    await reach("trades.after_compensation")
    return await ask_ledger(conn, moved, now=now)
