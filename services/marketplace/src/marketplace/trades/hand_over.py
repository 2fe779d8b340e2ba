"""Say that the item was handed over."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import TradeHandedOver, TradeSideHandedOver
from marketplace.trades.codes.check import check_code
from marketplace.trades.errors import CodeWrong
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.lifecycle import deadline_after, role_of
from marketplace.trades.models import Patience, Trade
from marketplace.trades.move import move_trade


async def hand_over_trade(
    conn: Connection,
    trade_id: UUID,
    actor: Caller,
    code: str | None = None,
    *,
    now: datetime,
    patience: Patience,
) -> Trade | CodeWrong:
    """The seller says that the buyer has the item; the buyer has a time to confirm it.

    With the buyer's code it is proven, and stands if the buyer says nothing more. Without one it is
    possible where the buyer has made none; then it is refunded if the buyer says nothing more.
    In a barter both hand over, without a code; the time to confirm begins when the second has.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The seller; in a barter either party, once.
        code: What the buyer showed, if they made a code.
        now: When.
        patience: How long the buyer has.

    Returns:
        The trade, or the problem of a wrong code: let the transaction commit and tell it after.

    Raises:
        NoSuchTrade: The actor has no part in such a trade.
        IllegalStep: The escrow is not funded, or the trade is past this.
        NotYourStep: The actor is the buyer.
        NoCodeMade: Or CodeNeeded, CodeLocked: see `check_code`.

    Emits:
        TradeHandedOver on `marketplace.trades.v1`; for the first of a barter TradeSideHandedOver.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "hand-over")
    proven = await check_code(conn, trade_id, code)
    if isinstance(proven, CodeWrong):
        return proven
    waits = step.target == trade.state
    gave = {f"{role_of(trade, actor.user_id)}_gave_at": now} if trade.kind == "barter" else {}
    moved = await move_trade(
        conn,
        trade,
        step,
        by_id=actor.user_id,
        now=now,
        deadline=trade.expires_at if waits else deadline_after(step.target, now, patience),
        proven_at=now if proven else None,
        **gave,
    )
    if waits:
        await emit(conn, TradeSideHandedOver(**facts_of(moved), by_id=actor.user_id))
        return moved
    await emit(conn, TradeHandedOver(**facts_of(moved), proven=proven))
    return moved
