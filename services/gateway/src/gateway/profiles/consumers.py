"""What people do, heard in batches."""

from collections.abc import Iterator, Sequence
from typing import Final

from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.marketplace import ItemChanged
from contracts.marketplace_trades import TradeOffered, TradeReleased
from contracts.messages import Message
from gateway.profiles.earn import Deed, earn_points
from gateway.profiles.lifecycle import ITEM_LISTED, TRADE_OFFERED, TRADE_RELEASED


async def on_deeds(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
    """Count each deed once: the inbox has passed over what was told before.

    Args:
        conn: Open transaction; the caller commits.
        deliveries: New ones, in order.
    """
    await earn_points(conn, [deed for one in deliveries for deed in _deeds(one)])


def _deeds(delivery: Delivery[Message]) -> Iterator[Deed]:
    told, at = delivery.message, delivery.envelope.occurred_at
    if isinstance(told, TradeReleased):
        yield Deed(told.buyer_id, TRADE_RELEASED, at)
        yield Deed(told.seller_id, TRADE_RELEASED, at)
    elif isinstance(told, TradeOffered):
        yield Deed(told.buyer_id, TRADE_OFFERED, at)
    elif isinstance(told, ItemChanged) and told.version == 1:
        yield Deed(told.seller_id, ITEM_LISTED, at)


PROGRESS: Final = Subscription(
    "gateway.profiles", batch=on_deeds, messages=(TradeReleased, TradeOffered, ItemChanged)
)
