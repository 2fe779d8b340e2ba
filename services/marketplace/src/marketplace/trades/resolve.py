"""Rule on a disputed trade."""

from datetime import datetime
from typing import Final
from uuid import UUID

from chassis.audit.record import Act, record_acts
from chassis.database import Connection
from chassis.outbox import emit
from chassis.tokens import Caller
from contracts.marketplace_trades import Ruling, TradeResolved
from marketplace.trades import queries
from marketplace.trades.ask_ledger import ask_ledger
from marketplace.trades.errors import NoSuchTrade, NotYourStep
from marketplace.trades.events import facts_of
from marketplace.trades.lifecycle import find_step
from marketplace.trades.models import Action, Trade
from marketplace.trades.move import move_trade
from marketplace.trades.price import read_part
from marketplace.trades.requests import RulingBody

_ACTIONS: Final[dict[Ruling, Action]] = {
    "refund": "rule-refund",
    "release": "rule-release",
    "split": "rule-split",
}


async def resolve_trade(
    conn: Connection, trade_id: UUID, operator: Caller, body: RulingBody, *, now: datetime
) -> Trade:
    """Decide: the buyer gets the escrow back, the seller is paid, or each gets a part.

    A ruling stands above what the parties had agreed on: release is the whole to the seller.

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
        Malformed: The buyer's part of a split is none of the asset, nothing, or the whole.

    Emits:
        TradeResolved on `marketplace.trades.v1`; RefundEscrow, ReleaseEscrow or
        SplitEscrow to the ledger, or without a price TradeReleased or TradeRefunded.
    """
    trade = await queries.lock_in_community(conn, trade_id, operator.community)
    if trade is None:
        raise NoSuchTrade(trade_id)
    if operator.user_id in (trade.buyer_id, trade.seller_id):
        raise NotYourStep("resolve", "operator who has no part in the trade")
    step = find_step(trade, _ACTIONS[body.ruling])
    refund_minor = _part(trade, body)
    reason = body.reason or f"an operator ruled: {body.ruling}"
    moved = await move_trade(
        conn,
        trade,
        step,
        by_id=operator.user_id,
        now=now,
        reason=reason,
        refund_minor=trade.refund_minor if body.ruling == "refund" else refund_minor,
    )
    await record_acts(
        conn,
        Act(
            "trade.resolved",
            "trade",
            str(trade_id),
            by=operator.user_id,
            before={"state": trade.state, "version": trade.version},
            after={
                "state": moved.state,
                "version": moved.version,
                "ruling": body.ruling,
                "refund_minor": refund_minor,
            },
            reason=reason,
        ),
    )
    said = TradeResolved(
        **facts_of(moved),
        by_id=operator.user_id,
        ruling=body.ruling,
        reason=reason,
        refund_minor=refund_minor,
    )
    await emit(conn, said)
    return await ask_ledger(conn, moved, now=now)


def _part(trade: Trade, body: RulingBody) -> int | None:
    """What of a split goes back to the buyer."""
    if body.ruling != "split":
        return None
    return read_part(body.buyer_gets or "", trade, "buyer_gets")
