"""What is said of a trade when it has moved."""

from dataclasses import asdict
from typing import Any

from marketplace.trades.models import Trade


def facts_of(trade: Trade) -> dict[str, Any]:
    """The fields that all events of trades have."""
    return {
        "trade_id": trade.id,
        "version": trade.version,
        "state": trade.state,
        "item_id": trade.item_id,
        "item_title": trade.item_title,
        "buyer_id": trade.buyer_id,
        "seller_id": trade.seller_id,
        "quantity": trade.quantity,
        "amount_minor": trade.amount_minor,
        "asset": trade.asset,
        "changed_at": trade.changed_at,
        "gift_minor": trade.paid_by_gifts_minor,
        "given": tuple(asdict(one) for one in trade.given),
    }
