"""Confirm the hand-over, so that the seller is paid."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.ledger import ReleaseEscrow
from contracts.marketplace import TradeConfirmed
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade


async def confirm_trade(conn: Connection, trade_id: UUID, actor: Caller, *, now: datetime) -> Trade:
    """The buyer says that they have the item; the ledger is asked to pay the seller.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The buyer.
        now: When.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: It was not handed over, or the trade is past this.
        NotYourStep: The actor is the seller.

    Emits:
        TradeConfirmed on `marketplace.trades.v1`, ReleaseEscrow to the ledger.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "confirm")
    moved = await move_trade(conn, trade, step, by_id=actor.user_id, now=now)
    await emit(conn, TradeConfirmed(**facts_of(moved)), ReleaseEscrow(escrow_id=moved.id))
    return moved
