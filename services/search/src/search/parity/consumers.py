"""What parity hears: items, as indexing does, in a group of its own; and inventories."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from chassis.clock import Clock
from chassis.database import Connection
from chassis.inbox import Delivery
from chassis.subscription import Subscription
from contracts.marketplace import ItemChanged
from contracts.marketplace_inventories import InventoryTold
from contracts.messages import Message
from search.engine import Engine
from search.indexing.consumers import BATCH_MAX
from search.indexing.index_items import newest_of
from search.parity.hear_inventory import hear_inventory
from search.parity.lifecycle import told_of
from search.parity.queries import upsert_told

#: While documents are being written, parity waits: people look for them now. After that long it
#: goes on all the same.
QUIET_SECONDS: Final = 0.5
PATIENCE_SECONDS: Final = 30.0


def inventory_subscription(engine: Engine, grace: timedelta, clock: Clock) -> Subscription:
    """Compare what the marketplace has, page by page."""

    async def on_inventory_told(conn: Connection, event: InventoryTold) -> None:
        await hear_inventory(conn, engine, event, grace=grace, now=clock.now())

    return Subscription(group="search.inventories", handlers={InventoryTold: on_inventory_told})


def parity_subscription(engine: Engine) -> Subscription:
    """Keep what was told of each item, in a few bytes."""

    async def give_way() -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        # Each write puts it off; nobody says which one was the last.
        while (wait := min(end, engine.wrote_at + QUIET_SECONDS) - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(wait)

    async def on_items_changed(conn: Connection, deliveries: Sequence[Delivery[Message]]) -> None:
        items = [d.message for d in deliveries if isinstance(d.message, ItemChanged)]
        await upsert_told(conn, [told_of(item) for item in newest_of(items).values()])

    return Subscription(
        group="search.parity",
        batch=on_items_changed,
        messages=(ItemChanged,),
        batch_max=BATCH_MAX,
        gives_way=give_way,
    )
