"""Confirm the hand-over, so that the seller is paid."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeConfirmed, TradeSideConfirmed
from marketplace.trades.ask_ledger import ask_ledger
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.lifecycle import role_of
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade


async def confirm_trade(conn: Connection, trade_id: UUID, actor: Caller, *, now: datetime) -> Trade:
    """The buyer says that they have the item; the ledger is asked to pay the seller.

    What the seller agreed to refund goes back to the buyer. A buyer who disputed may confirm, too:
    the two have settled it by themselves. In a barter both confirm what they got; the first of the
    two changes nothing else.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The buyer; in a barter either party, once.
        now: When.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: It was not handed over, or the trade is past this.
        NotYourStep: The actor is the seller.

    Emits:
        TradeConfirmed on `marketplace.trades.v1`, ReleaseEscrow or SplitEscrow to the ledger, or
        without a price TradeReleased; for the first of a barter TradeSideConfirmed.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "confirm")
    waits = step.target == trade.state
    got = {f"{role_of(trade, actor.user_id)}_got_at": now} if trade.kind == "barter" else {}
    moved = await move_trade(
        conn,
        trade,
        step,
        by_id=actor.user_id,
        now=now,
        deadline=trade.expires_at if waits else None,
        **got,
    )
    if waits:
        await emit(conn, TradeSideConfirmed(**facts_of(moved), by_id=actor.user_id))
        return moved
    await emit(conn, TradeConfirmed(**facts_of(moved), refund_minor=moved.refund_minor))
    return await ask_ledger(conn, moved, now=now)
