"""Accept the price that the other party named."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeAccepted
from marketplace.trades.ask_ledger import ask_ledger
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.lifecycle import deadline_after
from marketplace.trades.models import Patience, Trade
from marketplace.trades.move import move_trade


async def accept_trade(
    conn: Connection, trade_id: UUID, actor: Caller, *, now: datetime, patience: Patience
) -> Trade:
    """Agree: all pieces are held, and the ledger is asked to fund the escrow.

    Without a price the hand-over can be at once. In a barter what the buyer gives is held together
    with what they get, or neither is.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The party to whom the last price was named.
        now: When.
        patience: How long the hand-over may take.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The trade is past its offers.
        NotYourStep: The actor named the last price.
        NotOnOffer: The item was withdrawn.
        OutOfStock: Other trades hold the pieces.
        NoGiftCredits: Gift credits were to pay, and the item takes none by now.

    Emits:
        TradeAccepted on `marketplace.trades.v1`, FundEscrow to the ledger, ItemChanged;
        without a price TradeFunded.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "accept")
    moved = await move_trade(conn, trade, step, by_id=actor.user_id, now=now)
    await emit(conn, TradeAccepted(**facts_of(moved), by_id=actor.user_id))
    return await ask_ledger(conn, moved, now=now, deadline=deadline_after("funded", now, patience))
