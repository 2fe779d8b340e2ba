"""What reputation hears: ends of trades, and ratings that are revealed."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from chassis.clock import Clock
from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.marketplace_people import RatingRevealed
from contracts.marketplace_trades import TradeRefunded, TradeReleased
from contracts.messages import Message
from marketplace.reputations.recount import recount_reputations

HEARD: Final = (TradeReleased, TradeRefunded, RatingRevealed)


def make_subscription(clock: Clock) -> Subscription:
    """Count whoever a batch concerns, once each; a repeat counts the same."""

    async def on_ends_and_ratings(
        conn: Connection, deliveries: Sequence[Delivery[Message]]
    ) -> None:
        people: set[UUID] = set()
        for delivery in deliveries:
            told = delivery.message
            if isinstance(told, RatingRevealed):
                people.add(told.about_id)
            elif isinstance(told, TradeReleased | TradeRefunded):
                people |= {told.buyer_id, told.seller_id}
        await recount_reputations(conn, people, now=clock.now())

    return Subscription(
        "marketplace.reputations",
        batch=on_ends_and_ratings,
        messages=HEARD,
        every_community=True,
    )
