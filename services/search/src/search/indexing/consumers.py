"""The message edge of indexing."""

from collections.abc import Sequence
from typing import Final

from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.marketplace import ItemChanged
from contracts.messages import Message
from search.engine import Engine
from search.indexing.index_rated import index_rated
from search.settings import Settings

#: Enough for several bulk requests at once: an import is in the index soon after it is stored.
BATCH_MAX: Final = 2_000


def items_subscription(engine: Engine, settings: Settings) -> Subscription:
    """Hear of items, and index them a batch at a time.

    The index is written before the inbox row is committed: a crash between them writes the same
    versions again, which changes nothing.
    """

    async def on_items_changed(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
        items = [d.message for d in deliveries if isinstance(d.message, ItemChanged)]
        await index_rated(conn, engine, items, timeout_seconds=settings.index_timeout_seconds)

    return Subscription(
        group="search.indexing",
        batch=on_items_changed,
        messages=(ItemChanged,),
        batch_max=BATCH_MAX,
        rereads=True,
    )
