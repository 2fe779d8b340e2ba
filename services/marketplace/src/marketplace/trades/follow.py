"""Follow what the ledger says of a trade's escrow."""

from datetime import datetime
from typing import Any

from chassis.database import Connection
from chassis.logs import get_logger
from chassis.outbox import emit
from contracts.ledger import EscrowFunded, EscrowRefunded, EscrowRefused, EscrowReleased
from contracts.marketplace_trades import TradeCancelled, TradeFunded, TradeRefunded, TradeReleased
from contracts.messages import Event
from marketplace.trades import queries
from marketplace.trades.events import facts_of
from marketplace.trades.lifecycle import STEPS, deadline_after
from marketplace.trades.models import Action, Patience, Trade
from marketplace.trades.move import move_trade

log = get_logger(__name__)

type EscrowEvent = EscrowFunded | EscrowRefused | EscrowReleased | EscrowRefunded


async def follow_escrow(
    conn: Connection, event: EscrowEvent, *, now: datetime, patience: Patience
) -> None:
    """Take the step that an escrow's event makes possible.

    A repeat, an escrow of someone else's, and an event that came after the trade went another
    way change nothing: the trade's state is the guard. A trade that was cancelled before the
    escrow was funded needs no answer to the funding, as its refund is behind it in the queue.

    Args:
        conn: Open transaction; the caller commits.
        event: What became of the escrow.
        now: When.
        patience: How long the seller has to hand over.

    Raises:
        ValueError: The escrow is about other money than the trade: a defect somewhere.

    Emits:
        TradeFunded, TradeCancelled, TradeReleased or TradeRefunded on `marketplace.trades.v1`.
    """
    trade = await queries.lock_trade(conn, event.escrow_id)
    if trade is None:
        return
    agreed = (trade.buyer_id, trade.seller_id, trade.amount_minor, trade.asset)
    told = (event.payer_id, event.payee_id, event.amount_minor, event.asset, event.gift_minor)
    if told != (*agreed, trade.paid_by_gifts_minor):
        raise ValueError(f"escrow {event.escrow_id} does not agree with its trade")
    action, changes = _meaning(event)
    step = STEPS.get((action, trade.state))
    if step is None:
        log.info("trades.escrow_passed_over", trade_id=str(trade.id), state=trade.state)
        return
    if isinstance(event, EscrowReleased) and event.refunded_minor != trade.refund_minor:
        raise ValueError(f"escrow {event.escrow_id} was split in other parts than its trade")
    deadline = deadline_after(step.target, now, patience)
    moved = await move_trade(conn, trade, step, by_id=None, now=now, deadline=deadline, **changes)
    await emit(conn, _said(event, moved))


def _meaning(event: EscrowEvent) -> tuple[Action, dict[str, Any]]:
    """The action that an event is for the trade, and the fields it brings."""
    match event:
        case EscrowFunded():
            return "fund", {}
        case EscrowRefused():
            slug = event.problem.rpartition(":")[2]
            reason = f"{slug}: the buyer's credits could not be set aside"
            return "refuse", {"reason": reason, "refusal_detail": event.detail}
        case EscrowReleased():
            return "pay", {"fee_minor": event.fee_minor}
        case EscrowRefunded():
            return "repay", {}


def _said(event: EscrowEvent, moved: Trade) -> Event:
    facts = facts_of(moved)
    match event:
        case EscrowFunded():
            return TradeFunded(**facts)
        case EscrowRefused():
            return TradeCancelled(**facts, reason=moved.reason or "")
        case EscrowReleased():
            return TradeReleased(
                **facts, fee_minor=event.fee_minor, refund_minor=event.refunded_minor
            )
        case EscrowRefunded():
            return TradeRefunded(**facts, reason=moved.reason or event.reason)
