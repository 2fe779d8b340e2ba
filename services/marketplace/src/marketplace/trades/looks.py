"""Looks of operators at trades that are not theirs."""

from chassis.context import look
from chassis.tokens import Caller
from marketplace.trades.models import Trade


def look_past(trade: Trade, viewer: Caller) -> None:
    """Note that a viewer who is no party sees the trade of both."""
    if viewer.user_id not in (trade.buyer_id, trade.seller_id):
        look(trade.buyer_id, trade.seller_id)
