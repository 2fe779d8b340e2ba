"""Move a trade one step: its row, its history, its item's stock and its timer, together."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from chassis.database import Connection
from chassis.failpoints import reach
from chassis.timers import cancel_timer, set_timer
from marketplace.items.stock import move_stock
from marketplace.trades import queries
from marketplace.trades.lifecycle import advance, stock_move
from marketplace.trades.models import Step, TakenStep, Trade
from marketplace.trades.price import check_gift_credits

DEADLINE: Final = "marketplace.trade_deadline"


async def move_trade(
    conn: Connection,
    trade: Trade,
    step: Step,
    *,
    by_id: UUID | None,
    now: datetime,
    deadline: datetime | None = None,
    **changes: Any,
) -> Trade:
    """Take a step that was found and permitted. Every other verb of the slice goes through here.

    Args:
        conn: Open transaction that holds the trade's lock; the caller commits.
        trade: As it stands.
        step: From the trade's state.
        by_id: The person who takes it; None for the ledger and the clock.
        now: When.
        deadline: When the new state stalls, if it can.
        changes: Further fields of the trade, such as `reason`.

    Returns:
        The trade after the step, one version further.

    Raises:
        NotOnOffer: The step holds pieces, and the item is not on offer.
        OutOfStock: The step holds more pieces than are left.
        NoGiftCredits: The step holds pieces that gift credits pay, and the item takes none by now.

    Emits:
        ItemChanged on `marketplace.items.v1` when pieces move; the step's own event is the
        caller's.
    """
    moved = advance(trade, step, now=now, deadline=deadline, **changes)
    how = stock_move(step)
    if how is not None:
        for item_id, quantity in trade.pieces:
            item = await move_stock(conn, item_id, quantity, how=how, now=now)
            if how == "hold" and item_id == trade.item_id:
                check_gift_credits(item.listing, trade.gift_minor)
    await reach("trades.after_stock")
    await queries.update_trade(conn, moved)
    await reach("trades.after_row")
    taken = TakenStep(
        version=moved.version,
        action=step.action,
        from_state=step.source,
        to_state=step.target,
        by_id=by_id,
        amount_minor=moved.amount_minor,
        reason=changes.get("reason"),
        taken_at=now,
    )
    await queries.insert_step(conn, trade.id, taken)
    await reach("trades.after_history")
    if deadline is not None:
        await set_timer(conn, DEADLINE, str(trade.id), deadline)
    elif trade.expires_at is not None:
        await cancel_timer(conn, DEADLINE, str(trade.id))
    await reach("trades.after_timer")
    return moved
