"""Agree that the buyer gets a part of the price back."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeRefundAgreed
from marketplace.trades.errors import RefundOnlyGrows
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade
from marketplace.trades.price import read_part
from marketplace.trades.requests import PartBody


async def refund_part(
    conn: Connection, trade_id: UUID, actor: Caller, body: PartBody, *, now: datetime
) -> Trade:
    """The seller agrees; the trade stays where it is, and the release is a split from now on.

    What was agreed can be raised, not taken back: the buyer may confirm relying on it.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The seller.
        body: What goes back altogether, and why.
        now: When.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: There is no escrow, or it is being released or refunded.
        NotYourStep: The actor is the buyer.
        PartNotWithin: It is the whole price, or more.
        RefundOnlyGrows: As much was agreed before.

    Emits:
        TradeRefundAgreed on `marketplace.trades.v1`.

    Source:
        spec 1, trading; docs/decisions/0064-disputes-end-in-sums.md
    """
    trade, step = await find_own_step(conn, trade_id, actor, "refund-part")
    part_minor = read_part(body.amount, trade, "amount")
    if part_minor <= (trade.refund_minor or 0):
        raise RefundOnlyGrows(trade.refund_minor or 0, trade.asset)
    why = {"reason": body.reason} if body.reason else {}
    moved = await move_trade(
        conn,
        trade,
        step,
        by_id=actor.user_id,
        now=now,
        deadline=trade.expires_at,
        refund_minor=part_minor,
        **why,
    )
    await emit(conn, TradeRefundAgreed(**facts_of(moved), refund_minor=part_minor))
    return moved
