"""Ask the ledger for what a trade needs next; without a price there is nothing to ask."""

from datetime import datetime
from typing import Final

from chassis.database import Connection
from chassis.outbox import emit
from contracts.marketplace_trades import TradeFunded, TradeRefunded, TradeReleased, TradeState
from contracts.messages import Event
from marketplace.trades.commands import awaited_command
from marketplace.trades.events import facts_of
from marketplace.trades.lifecycle import STEPS
from marketplace.trades.models import Action, Trade
from marketplace.trades.move import move_trade

_STEPS: Final[dict[TradeState, Action]] = {
    "accepted": "fund",
    "confirmed": "pay",
    "refunding": "repay",
}


async def ask_ledger(
    conn: Connection, trade: Trade, *, now: datetime, deadline: datetime | None = None
) -> Trade:
    """Send the command of the trade's state; a trade without a price takes the step at once.

    Args:
        conn: Open transaction that holds the trade's lock; the caller commits.
        trade: As it stands.
        now: When.
        deadline: Of a trade without a price that was accepted: until when the hand-over may be.

    Returns:
        The trade as it is after it; a state that waits for nobody stays as it is.

    Emits:
        FundEscrow, ReleaseEscrow, SplitEscrow or RefundEscrow; without a price TradeFunded,
        TradeReleased or TradeRefunded on `marketplace.trades.v1`.

    Source:
        docs/decisions/0070-gifts-and-barter-are-trades.md
    """
    if command := awaited_command(trade):
        await emit(conn, command)
        return trade
    action = _STEPS.get(trade.state)
    if action is None:
        return trade
    step = STEPS[action, trade.state]
    fee = {"fee_minor": 0} if action == "pay" else {}
    moved = await move_trade(conn, trade, step, by_id=None, now=now, deadline=deadline, **fee)
    await emit(conn, _said(moved))
    return moved


def _said(moved: Trade) -> Event:
    facts = facts_of(moved)
    if moved.state == "funded":
        return TradeFunded(**facts)
    if moved.state == "released":
        return TradeReleased(**facts, fee_minor=0)
    return TradeRefunded(**facts, reason=moved.reason or "the trade was called off")
