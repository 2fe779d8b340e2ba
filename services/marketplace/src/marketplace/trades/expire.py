"""End a trade whose step nobody takes."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.timers import set_timer
from contracts.marketplace_trades import TradeConfirmed, TradeExpired
from marketplace.trades import queries
from marketplace.trades.ask_ledger import ask_ledger
from marketplace.trades.events import facts_of
from marketplace.trades.lifecycle import overdue_step
from marketplace.trades.move import DEADLINE, move_trade

#: When someone has the trade locked, the timer looks again: waiting for it could deadlock.
LOOK_AGAIN: Final = timedelta(seconds=1)


async def expire_trade(conn: Connection, key: str, now: datetime) -> None:
    """Expire a stalled trade: an offer ends, and escrowed credits go back by themselves.

    A hand-over that was proven by the buyer's code, or that both sides of a barter said, stands.
    A trade that has moved on, or whose deadline was put off, is left alone.

    Args:
        conn: Open transaction in which the timer was taken; the caller commits.
        key: The trade's id.
        now: The clock's time.

    Emits:
        TradeExpired on `marketplace.trades.v1`, and RefundEscrow to the ledger after agreement;
        of what stands TradeConfirmed, and ReleaseEscrow or SplitEscrow. Without a price
        TradeRefunded or TradeReleased instead of the commands.
    """
    trade = await queries.lock_if_free(conn, UUID(key))
    if trade is None:
        await set_timer(conn, DEADLINE, key, now + LOOK_AGAIN)
        return
    step = overdue_step(trade)
    if step is None or trade.expires_at is None:
        return
    if trade.expires_at > now:
        await set_timer(conn, DEADLINE, key, trade.expires_at)
        return
    reason = f"nobody acted while it was {trade.state}"
    if step.action == "lapse":
        reason = "the hand-over was proven by the buyer's code, and not disputed in time"
        if trade.kind == "barter":
            reason = "both said that they handed over, and nobody disputed it in time"
    moved = await move_trade(conn, trade, step, by_id=None, now=now, reason=reason)
    if moved.state == "confirmed":
        said = TradeConfirmed(**facts_of(moved), refund_minor=moved.refund_minor)
        await emit(conn, said)
    else:
        await emit(conn, TradeExpired(**facts_of(moved)))
    await ask_ledger(conn, moved, now=now)
