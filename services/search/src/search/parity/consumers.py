"""What parity hears of items: the same events as indexing, in a group of its own."""

from collections.abc import Sequence

from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.marketplace import ItemChanged
from contracts.messages import Message
from search.indexing.index_items import newest_of
from search.parity.lifecycle import told_of
from search.parity.queries import upsert_told


def parity_subscription() -> Subscription:
    """Keep what was told of each item, in a few bytes."""

    async def on_items_changed(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
        items = [d.message for d in deliveries if isinstance(d.message, ItemChanged)]
        await upsert_told(conn, [told_of(item) for item in newest_of(items).values()])

    return Subscription(group="search.parity", batch=on_items_changed, messages=(ItemChanged,))
