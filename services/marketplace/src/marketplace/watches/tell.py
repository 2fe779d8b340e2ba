"""Tell watchers what is news."""

from collections.abc import Iterator
from typing import Final

from chassis.database import Connection
from chassis.outbox import emit
from contracts.marketplace_interests import WatchedItemCheaper, WatchedItemSold
from contracts.messages import Event
from marketplace.watches import queries
from marketplace.watches.lifecycle import drop_for, learns
from marketplace.watches.models import Notice, Watcher

#: Watchers told in one transaction.
PAGE: Final = 500


async def tell_watchers(conn: Connection) -> bool:
    """Tell a page of the watchers of one item, the one that has waited longest.

    What was told, what each watcher knows now and how far the fan-out has come are written
    together: whatever breaks off, everybody is told once.

    Args:
        conn: Open transaction; the caller commits.

    Returns:
        Whether there was something to do.

    Emits:
        WatchedItemCheaper or WatchedItemSold on `marketplace.watches.v1`, for each watcher to
        whom it is news.
    """
    notice = await queries.take_notice(conn)
    if notice is None:
        return False
    page = await queries.lock_watchers(conn, notice, PAGE) if notice.on_show else []
    await emit(conn, *_news(notice, page))
    if notice.kind == "cheaper":
        learning = [watcher.user_id for watcher in page if learns(watcher, notice)]
        await queries.update_known(conn, notice, learning)
    if len(page) == PAGE:
        await queries.advance_notice(conn, notice.id, page[-1].user_id)
    else:
        await queries.delete_notice(conn, notice.id)
    return True


def _news(notice: Notice, page: list[Watcher]) -> Iterator[Event]:
    for watcher in page:
        if notice.kind == "sold":
            yield WatchedItemSold(
                watcher_id=watcher.user_id, item_id=notice.item_id, item_title=notice.title
            )
        elif (drop := drop_for(watcher, notice)) is not None:
            yield WatchedItemCheaper(
                watcher_id=watcher.user_id,
                item_id=notice.item_id,
                item_title=notice.title,
                known_minor=drop.known_minor,
                price_minor=drop.price_minor,
                asset=drop.asset,
            )
