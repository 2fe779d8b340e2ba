"""Say that the item was handed over."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace import TradeHandedOver
from marketplace.trades.codes.check import check_code
from marketplace.trades.errors import CodeWrong
from marketplace.trades.events import facts_of
from marketplace.trades.find import find_own_step
from marketplace.trades.lifecycle import deadline_after
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

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade.
        actor: The seller.
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
        TradeHandedOver on `marketplace.trades.v1`.
    """
    trade, step = await find_own_step(conn, trade_id, actor, "hand-over")
    proven = await check_code(conn, trade_id, code)
    if isinstance(proven, CodeWrong):
        return proven
    moved = await move_trade(
        conn,
        trade,
        step,
        by_id=actor.user_id,
        now=now,
        deadline=deadline_after(step.target, now, patience),
        proven_at=now if proven else None,
    )
    await emit(conn, TradeHandedOver(**facts_of(moved), proven=proven))
    return moved
