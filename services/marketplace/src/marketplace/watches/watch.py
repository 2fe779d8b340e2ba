"""Watch an item."""

from datetime import datetime
from uuid import UUID

from chassis.database import Connection
from chassis.tokens import Caller
from marketplace.items.hold import hold_item
from marketplace.watches import queries
from marketplace.watches.errors import OwnItemWatched, TooManyWatches
from marketplace.watches.lifecycle import price_of
from marketplace.watches.models import WATCHES_MAX


async def watch_item(conn: Connection, item_id: UUID, watcher: Caller, *, now: datetime) -> None:
    """Be told when an item gets cheaper than it is now, or is sold. A repeat changes nothing.

    Args:
        conn: Open transaction; the caller commits.
        item_id: Which item.
        watcher: Who is told.
        now: When.

    Raises:
        NoSuchItem: There is none on show in the watcher's community.
        OwnItemWatched: It is the watcher's own.
        TooManyWatches: The watcher watches as many as one may.
    """
    others = await queries.hold_watcher(conn, watcher.user_id, item_id)
    # Held, so that no change falls between the price that is known and the watch.
    item = await hold_item(conn, item_id, watcher.community)
    if item.seller_id == watcher.user_id:
        raise OwnItemWatched
    if others >= WATCHES_MAX:
        raise TooManyWatches(WATCHES_MAX)
    await queries.insert_watch(conn, item_id, watcher.user_id, price_of(item), now)
