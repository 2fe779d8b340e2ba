"""Every event with an audience, heard in batches."""

from collections.abc import Sequence
from typing import Final

import orjson

from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.messages import MESSAGES, Event, Message
from gateway.live.hub import Hub
from gateway.live.lifecycle import News, view_for
from gateway.live.tell import tell_people

#: Commands are wishes between services: they are nobody's news.
EVENTS: Final = tuple(model for model in MESSAGES.values() if issubclass(model, Event))


async def on_events(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
    """Number each event for each of its audience.

    Args:
        conn: Open transaction; the caller commits.
        deliveries: New ones, in order.
    """
    news = []
    for delivery in deliveries:
        envelope = delivery.envelope
        data = orjson.loads(delivery.payload)
        for person in envelope.audience:
            shown = view_for(person, envelope.type_name, data)
            news.append(
                News(person, envelope.event_id, envelope.type_name, shown, envelope.occurred_at)
            )
    await tell_people(conn, news)


def subscribe_live(hub: Hub) -> Subscription:
    """The subscription, which wakes the streams of all processes after each commit."""

    def wake(deliveries: Sequence[Delivery[Message]]) -> None:
        hub.tell({person for delivery in deliveries for person in delivery.envelope.audience})

    return Subscription("gateway.live", batch=on_events, messages=EVENTS, after_commit=wake)
