"""Confirm the hand-over, so that the seller is paid."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace import TradeConfirmed
from marketplace.trades.commands import release_of
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade


async def confirm_trade(conn: Connection, trade_id: UUID, actor: Caller, *, now: datetime) -> Trade:
    """The buyer says that they have the item; the ledger is asked to pay the seller.

    What the seller agreed to refund goes back to the buyer. A buyer who disputed may confirm, too:
    the two have settled it by themselves.

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
        TradeConfirmed on `marketplace.trades.v1`, ReleaseEscrow or SplitEscrow to the ledger.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "confirm")
    moved = await move_trade(conn, trade, step, by_id=actor.user_id, now=now)
    said = TradeConfirmed(**facts_of(moved), refund_minor=moved.refund_minor)
    await emit(conn, said, release_of(moved))
    return moved
