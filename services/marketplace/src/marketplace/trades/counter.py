"""Answer an offer with another price."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeCountered
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.lifecycle import deadline_after
from marketplace.trades.models import Patience, Trade
from marketplace.trades.move import move_trade
from marketplace.trades.price import read_price
from marketplace.trades.requests import CounterBody


async def counter_trade(
    conn: Connection,
    trade_id: UUID,
    actor: Caller,
    body: CounterBody,
    *,
    now: datetime,
    patience: Patience,
) -> Trade:
    """Name another price; the other party answers next, and the time to answer begins anew.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The party to whom the last price was named.
        body: The other price.
        now: When.
        patience: How long the new price stands.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The trade is past its offers.
        NotYourStep: The actor named the last price.
        Malformed: The amount is none of the asset, or zero.
        AssetDiffers: The trade's price is in another asset.

    Emits:
        TradeCountered on `marketplace.trades.v1`.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "counter")
    asset = body.asset or trade.asset
    nothing = trade.kind == "barter"
    amount_minor = read_price(body.amount, asset, trade.asset, nothing=nothing)
    moved = await move_trade(
        conn,
        trade,
        step,
        by_id=actor.user_id,
        now=now,
        deadline=deadline_after("offered", now, patience),
        amount_minor=amount_minor,
        offered_by_id=actor.user_id,
    )
    await emit(conn, TradeCountered(**facts_of(moved), by_id=actor.user_id))
    return moved
