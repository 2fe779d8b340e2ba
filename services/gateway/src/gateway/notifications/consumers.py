"""What people are told of, heard in batches."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from chassis.clock import Clock
from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from chassis.timers import set_timer
from contracts.gateway import UserErased
from contracts.messages import Message
from gateway.live.hub import Hub
from gateway.notifications.forget import forget_people
from gateway.notifications.lifecycle import HISTORY
from gateway.notifications.notices import TELLERS, notices_of, reminder_of
from gateway.notifications.notify import notify_people

#: The timer that fires before a gift's end.
REMINDER: Final = "gateway.gift_expiring"
MESSAGES: Final[tuple[type[Message], ...]] = (*TELLERS, UserErased)


def subscribe_notifications(hub: Hub, clock: Clock) -> Subscription:
    """The subscription, which wakes the streams of whom it has told something."""

    async def on_events(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
        # Events are stamped by the machine's clock.
        today = datetime.now(UTC)
        notices = [
            notice
            for one in deliveries
            if today - one.envelope.occurred_at <= HISTORY
            for notice in notices_of(one.message, one.envelope.event_id, one.envelope.occurred_at)
        ]
        if notices:
            await notify_people(conn, notices, now=clock.now(), today=today)
        for one in deliveries:
            reminder = reminder_of(one.message)
            # A gift that ends sooner is spoken of once, when it is given.
            if reminder is not None and reminder[1] > clock.now():
                await set_timer(conn, REMINDER, *reminder)
        # What they were told of between their erasure and this.
        gone = [one.message.user_id for one in deliveries if isinstance(one.message, UserErased)]
        if gone:
            await forget_people(conn, gone)

    def wake(deliveries: Sequence[Delivery[Message]]) -> None:
        hub.tell({person for one in deliveries for person in one.envelope.audience})

    return Subscription(
        "gateway.notifications", batch=on_events, messages=MESSAGES, after_commit=wake
    )
