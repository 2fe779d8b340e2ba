"""Trades as clients see them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.marketplace_trades import TradeState
from contracts.money import render_amount
from marketplace.trades.lifecycle import actions_of, awaited, fate_of, role_of
from marketplace.trades.models import Awaited, CodeStanding, Kind, TakenStep, Trade


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class StepView(_View):
    """A step that was taken; `by` is nobody for the ledger and the clock."""

    version: int
    action: str
    from_state: TradeState | None
    to_state: TradeState
    by: Literal["buyer", "seller", "operator"] | None
    amount: str
    reason: str | None
    at: datetime


class GivenView(_View):
    """What the buyer of a barter gives; the title is that at the time of the offer."""

    item_id: UUID
    title: str
    quantity: int


class TradeView(_View):
    """A trade; `actions` is what the viewer may do now, `awaits` whose turn it is.

    When nobody acts until `due_at`, the clock does what `when_due` says: the offer expires, the
    buyer is refunded, or the seller paid. `refund` is what goes back to the buyer at the release.
    `code` is told of a single funded trade: the buyer made one, and it is needed, or locked.
    `proven` tells that the seller entered the buyer's code at the hand-over. `item_title` is the
    title at the time of the offer; `refusal_detail` is for the buyer only. `gift_amount` is what of
    the amount gift credits pay. In a barter the buyer `gives` items, and `handed_over_by` and
    `confirmed_by` tell who has said so.
    """

    id: UUID
    version: int
    kind: Kind
    state: TradeState
    item_id: UUID
    item_title: str
    buyer_id: UUID
    buyer_name: str | None
    seller_id: UUID
    seller_name: str | None
    quantity: int
    amount: str
    asset: str
    gift_amount: str
    gives: list[GivenView]
    handed_over_by: list[Literal["buyer", "seller"]]
    confirmed_by: list[Literal["buyer", "seller"]]
    last_offer_by: Literal["buyer", "seller"]
    awaits: Awaited | None
    actions: list[str]
    message: str | None
    reason: str | None
    refusal_detail: str | None
    fee: str | None
    refund: str | None
    proven: bool
    code: CodeStanding | None = None
    expires_at: datetime | None
    due_at: datetime | None
    when_due: Literal["expires", "refunds", "releases"] | None
    created_at: datetime
    changed_at: datetime
    steps: list[StepView] | None = None


class TradePage(_View):
    """A page of trades, newest first; `next_cursor` leads to the next one."""

    trades: list[TradeView]
    next_cursor: str | None


def view_trade(
    trade: Trade,
    buyer_name: str | None,
    seller_name: str | None,
    viewer_id: UUID,
    steps: Sequence[TakenStep] | None = None,
) -> TradeView:
    """A trade as `viewer_id` may see it: the buyer alone sees what tells of their balance."""
    fee = trade.fee_minor
    return TradeView(
        id=trade.id,
        version=trade.version,
        kind=trade.kind,
        state=trade.state,
        item_id=trade.item_id,
        item_title=trade.item_title,
        buyer_id=trade.buyer_id,
        buyer_name=buyer_name,
        seller_id=trade.seller_id,
        seller_name=seller_name,
        quantity=trade.quantity,
        amount=render_amount(trade.amount_minor, trade.asset),
        asset=trade.asset,
        gift_amount=render_amount(trade.paid_by_gifts_minor, trade.asset),
        gives=[
            GivenView(item_id=one.item_id, title=one.title, quantity=one.quantity)
            for one in trade.given
        ],
        handed_over_by=_sides(trade.buyer_gave_at, trade.seller_gave_at),
        confirmed_by=_sides(trade.buyer_got_at, trade.seller_got_at),
        last_offer_by=role_of(trade, trade.offered_by_id),
        awaits=awaited(trade),
        actions=list(actions_of(trade, viewer_id)),
        message=trade.message,
        reason=trade.reason,
        refusal_detail=trade.refusal_detail if viewer_id == trade.buyer_id else None,
        fee=None if fee is None else render_amount(fee, trade.asset),
        refund=_part_back(trade),
        proven=trade.proven_at is not None,
        expires_at=trade.expires_at,
        due_at=trade.expires_at,
        when_due=fate_of(trade),
        created_at=trade.created_at,
        changed_at=trade.changed_at,
        steps=None if steps is None else [_view_step(trade, step) for step in steps],
    )


def _sides(buyer: datetime | None, seller: datetime | None) -> list[Literal["buyer", "seller"]]:
    said: dict[Literal["buyer", "seller"], datetime | None] = {"buyer": buyer, "seller": seller}
    return [side for side, at in said.items() if at]


def _part_back(trade: Trade) -> str | None:
    """Of a trade that is refunded the whole goes back, whatever was agreed before."""
    if trade.refund_minor is None or trade.state in ("refunding", "refunded"):
        return None
    return render_amount(trade.refund_minor, trade.asset)


def _view_step(trade: Trade, step: TakenStep) -> StepView:
    by: Literal["buyer", "seller", "operator"] | None = None
    if step.by_id is not None:
        party = step.by_id in (trade.buyer_id, trade.seller_id)
        by = role_of(trade, step.by_id) if party else "operator"
    return StepView(
        version=step.version,
        action=step.action,
        from_state=step.from_state,
        to_state=step.to_state,
        by=by,
        amount=render_amount(step.amount_minor, trade.asset),
        reason=step.reason,
        at=step.taken_at,
    )
