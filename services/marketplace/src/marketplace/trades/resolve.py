"""Rule on a disputed trade."""

from datetime import datetime
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.ledger import RefundEscrow, ReleaseEscrow
from contracts.marketplace import TradeResolved
from marketplace.trades import queries
from marketplace.trades.errors import NoSuchTrade, NotYourStep
from marketplace.trades.events import facts_of
from marketplace.trades.lifecycle import find_step
from marketplace.trades.models import Trade
from marketplace.trades.move import move_trade
from marketplace.trades.requests import RulingBody


async def resolve_trade(
    conn: Connection, trade_id: UUID, operator: Caller, body: RulingBody, *, now: datetime
) -> Trade:
    """Decide: the buyer gets the escrow back, or the seller is paid.

    Args:
        conn: Open transaction; the caller commits.
        trade_id: Which trade of the operator's community.
        operator: Who rules; the edge has checked the role.
        body: The ruling and its reason.
        now: When.

    Raises:
        NoSuchTrade: The community has no such trade.
        NotYourStep: The operator is a party to it.
        IllegalStep: It is not disputed.

    Emits:
        TradeResolved on `marketplace.trades.v1`; RefundEscrow or ReleaseEscrow to the ledger.
    """
    trade = await queries.lock_in_community(conn, trade_id, operator.community)
    if trade is None:
        raise NoSuchTrade(trade_id)
    if operator.user_id in (trade.buyer_id, trade.seller_id):
        raise NotYourStep("resolve", "operator who has no part in the trade")
    refunds = body.ruling == "refund"
    step = find_step(trade, "rule-refund" if refunds else "rule-release")
    reason = body.reason or f"an operator ruled: {body.ruling}"
    moved = await move_trade(conn, trade, step, by_id=operator.user_id, now=now, reason=reason)
    await record_acts(
        conn,
        Act(
            "trade.resolved",
            "trade",
            str(trade_id),
            by=operator.user_id,
            before={"state": trade.state, "version": trade.version},
            after={"state": moved.state, "version": moved.version, "ruling": body.ruling},
            reason=reason,
        ),
    )
    await emit(
        conn,
        TradeResolved(**facts_of(moved), by_id=operator.user_id, ruling=body.ruling, reason=reason),
        RefundEscrow(escrow_id=moved.id, reason=reason)
        if refunds
        else ReleaseEscrow(escrow_id=moved.id),
    )
    return moved
